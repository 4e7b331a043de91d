using System.Text;
using ModelZoo.Profiling;

namespace ModelZoo.Fuzz.Targets.Profiles;

/// <summary>Devices and workloads that someone types in, as CSV or JSON.</summary>
sealed class TableTarget : FuzzTarget
{
    public override string Name => "table";

    public override bool IsRefusal(Exception error) => error is ProfileException;

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        yield return Encoding.UTF8.GetBytes("""{"id":"mine","fp16":1e14,"int8":2e14,"memory_bytes":2.4e10,"memory_bandwidth_Bps":1e12,"kind":"cloud-gpu","tdp_w":300,"parameters":7e9,"inference_flops":1.4e10,"inference_flops_unit":"per token","layers":32,"hidden_size":4096,"heads":32,"kv_heads":8}""");
        yield return Encoding.UTF8.GetBytes("id,name,fp32,memory_bytes,sram_bytes,flash_bytes,kind,parameters,inference_flops_unit,experts,experts_per_token\nmine,\"a \"\"b\"\"\",1e9,,320000,1000000,tiny,25000,per image,,\nother,,,,,,,1e9,per token,8,2\n");
        yield return Encoding.UTF8.GetBytes("""[{"id":"a","parameters":1e9,"family":"Recommendation","weight_bytes_fp16":1e11},{"id":"b","parameters":null}]""");
    }

    public override string Run(ReadOnlyMemory<byte> input)
    {
        var reference = Reference.BuiltIn.WithDevices(input.Span).WithWorkloads(input.Span);
        var words = new StringBuilder();
        foreach (var workload in reference.Workloads.Take(2)) words.Append(Estimates.Of(Profiler.OfReference(workload)));
        foreach (var device in reference.Devices.Take(2))
        {
            var estimate = Estimator.Estimate(Profiler.OfReference(reference.FindWorkload("llama-3.1-8b")!), device, null, reference);
            ProfileJson.Of(estimate).ToJsonString();
            words.Append(estimate.Verdict.Kind).Append(estimate.Bound).Append(estimate.LatencySeconds is null);
        }
        return words.ToString();
    }
}
