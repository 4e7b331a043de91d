using System.Diagnostics;
using System.Text;
using System.Text.Json;
using ModelZoo.Profiling;
using ModelZoo.Weights;

namespace ModelZoo.Bench;

/// <summary>A 70-billion-parameter repository of 30 shards, profiled from disk, and estimates on one core. The shards are sparse: true headers, holes for the numbers.</summary>
static class ProfileBench
{
    const int Shards = 30;

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var folder = Path.Combine(options.Folder, "seventy");
        var profile = Profiler.OfReference(Reference.BuiltIn.FindWorkload("llama-3.1-70b")!);
        Write(folder, profile.Shape);
        var millis = new List<double>();
        for (var round = 0; round <= options.Rounds * 4; round++)
        {
            var watch = Stopwatch.StartNew();
            var read = await ModelReader.ReadAsync(new FolderFiles(folder), "seventy", CancellationToken.None);
            if (read.Parameters?.Value != profile.Parameters!.Value.Value || read.IsVerified != true) throw new InvalidOperationException("The profile is wrong.");
            if (round > 0) millis.Add(watch.Elapsed.TotalMilliseconds);
        }
        var estimates = new List<double>();
        var plain = new List<double>();
        for (var round = 0; round <= options.Rounds; round++)
        {
            var (full, steps) = (Rate(options.Seconds, Estimate), Rate(options.Seconds, Step()));
            if (round == 0) continue;
            estimates.Add(full);
            plain.Add(steps);
        }
        return new(
            "profile", "Profiles and estimates", "Headers and configuration of Llama-3.1-70B in 30 shards from local disk, warm; estimates on one core.",
            ["", "median (range)"],
            [
                ["profile, ms", millis.Spread()],
                ["estimates per CPU second: memory, verdict, decode, prefill, every assumption", estimates.Spread()],
                ["decode steps per CPU second, as sweeps and searches make them", plain.Spread()],
            ],
            [$"{options.Rounds * 4} profiles, {options.Rounds} rounds of {options.Seconds:0.#} s of estimates over 8 devices and varying batches and contexts."]);
    }

    /// <summary>Per second of processor time: on a busy machine the clock counts what others did.</summary>
    static double Rate(double seconds, Action<int> work)
    {
        var watch = Stopwatch.StartNew();
        var before = Environment.CpuUsage.TotalTime;
        var count = 0;
        for (; watch.Elapsed.TotalSeconds < seconds; count++) work(count);
        return count / (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    static readonly Profile[] s_models = [.. ((string[])["llama-3.1-70b", "gemma-3-27b", "deepseek-v3", "jamba-v0.1"]).Select(id => Profiler.OfReference(Reference.BuiltIn.FindWorkload(id)!))];
    static readonly Device[] s_devices = [.. ((string[])["h100-sxm", "h200-sxm", "b200-sxm", "mi300x", "rtx-4090", "apple-m4-max", "dgx-spark", "l40s"]).Select(id => Reference.BuiltIn.FindDevice(id)!)];

    static void Estimate(int number) =>
        Estimator.Estimate(s_models[number % s_models.Length], s_devices[number / 4 % s_devices.Length], new() { Batch = 1 + number % 64, Context = 1024 + number % 8192 });

    static Action<int> Step()
    {
        var models = s_models.Select(model => Estimator.Prepare(model, s_devices[0])).ToArray();
        return number => models[number % models.Length].Decode(1 + number % 64, 1024 + number % 8192);
    }

    static void Write(string folder, ModelShape shape)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), Reference.BuiltIn.FindWorkload("llama-3.1-70b")!.Configuration!.Value.GetRawText());
        var (h, kv, i, v) = (shape.Hidden!.Value, shape.KeyValueHeads!.Value * shape.HeadSize!.Value, shape.FeedForward!.Value, shape.Vocabulary!.Value);
        List<(string Name, long[] Shape)> tensors = [("model.embed_tokens.weight", [v, h])];
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            var at = $"model.layers.{layer}";
            tensors.AddRange(
            [
                ($"{at}.self_attn.q_proj.weight", [h, h]), ($"{at}.self_attn.k_proj.weight", [kv, h]), ($"{at}.self_attn.v_proj.weight", [kv, h]), ($"{at}.self_attn.o_proj.weight", [h, h]),
                ($"{at}.mlp.gate_proj.weight", [i, h]), ($"{at}.mlp.up_proj.weight", [i, h]), ($"{at}.mlp.down_proj.weight", [h, i]),
                ($"{at}.input_layernorm.weight", [h]), ($"{at}.post_attention_layernorm.weight", [h]),
            ]);
        }
        tensors.AddRange([("model.norm.weight", [h]), ("lm_head.weight", [v, h])]);
        for (var shard = 0; shard < Shards; shard++)
        {
            var header = new Dictionary<string, object>();
            long end = 0;
            foreach (var (name, axes) in tensors.Where((_, index) => index * Shards / tensors.Count == shard))
            {
                var from = end;
                end += axes.Aggregate(2L, (product, axis) => product * axis);
                header[name] = new { dtype = "BF16", shape = axes, data_offsets = new[] { from, end } };
            }
            var json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(header));
            using var file = File.Create(Path.Combine(folder, $"model-{shard + 1:00000}-of-{Shards:00000}.safetensors"));
            file.Write(BitConverter.GetBytes((long)json.Length));
            file.Write(json);
            file.SetLength(8 + json.Length + end);
        }
    }
}
