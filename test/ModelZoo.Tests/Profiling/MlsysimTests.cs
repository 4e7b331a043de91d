using System.Text;
using System.Text.Json;
using ModelZoo.Profiling;

namespace ModelZoo.Tests.Profiling;

/// <summary>
/// The same workloads on the same devices here under the preset and in mlsysim, typed in as it has them: to six digits. The page docs/mlsysim.md shows
/// some of them beside our own figures; run with MODELZOO_ACCEPT=1 to write its table anew.
/// </summary>
public sealed class MlsysimTests
{
    const double Tolerance = 1e-6;

    static readonly JsonElement s_file = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Profiling", "mlsysim", "scenarios.json"))).RootElement;

    static Profile Model(string id) => Profiler.OfReference(ReferenceWorkload.From(RecordTable.Parse(Encoding.UTF8.GetBytes(s_file.GetProperty("models").GetProperty(id).GetRawText()))[0]));

    static Device Device(string id) => ModelZoo.Profiling.Device.From(RecordTable.Parse(Encoding.UTF8.GetBytes(s_file.GetProperty("devices").GetProperty(id).GetProperty("row").GetRawText()))[0]);

    static Scenario Scenario(JsonElement item, Preset preset = Preset.Mlsysim) => new()
    {
        Preset = preset, Batch = item.GetProperty("batch").GetDouble(), Weights = Zoo.Precision(item.GetProperty("precision").GetString()!),
        Context = item.TryGetProperty("tokens", out var tokens) ? tokens.GetDouble() : 2048, CachedPrefix = item.TryGetProperty("cached", out var cached) ? cached.GetDouble() : 0,
        Phase = preset != Preset.Mlsysim || item.TryGetProperty("tokens", out _) ? null : Phase.Forward,
    };

    static string Of(JsonElement item, string name) => item.GetProperty(name).GetString()!;

    static void Same(double theirs, double? ours, string what) => Assert.True(ours is { } own && Math.Abs(own - theirs) <= Tolerance * Math.Abs(theirs), $"{what}: mlsysim {theirs:R}, here {ours:R}");

    [Fact]
    public void The_preset_gives_the_figures_of_mlsysim()
    {
        var compared = 0;
        foreach (var item in s_file.GetProperty("scenarios").EnumerateArray())
        {
            var (result, what) = (item.GetProperty("result"), item.GetRawText()[..100]);
            var estimate = Estimator.Estimate(Model(Of(item, "model")), Device(Of(item, "device")), Scenario(item));
            Assert.Equal(result.GetProperty("fits").GetBoolean(), estimate.Verdict.Fits);
            if (Of(item, "kind") == "engine")
            {
                Same(result.GetProperty("latency").GetDouble(), estimate.LatencySeconds, what);
                Same(result.GetProperty("compute").GetDouble(), estimate.Step.ComputeSeconds, what);
                Same(result.GetProperty("memory").GetDouble(), estimate.Step.MemorySeconds, what);
                Same(result.GetProperty("throughput").GetDouble(), estimate.ThroughputPerSecond, what);
                Same(result.GetProperty("intensity").GetDouble(), estimate.Step.Intensity, what);
                Same(result.GetProperty("mfu").GetDouble(), estimate.ComputeShare, what);
                Same(result.GetProperty("footprint").GetDouble(), estimate.Memory.Total, what);
                Assert.Equal(Of(result, "bound"), ProfileJson.Words(estimate.Step.Bound));
                var joules = Energy.Find(estimate.Device, Zoo.Reference.FindGrid("eu")!, estimate.LatencySeconds!.Value, Energy.Share(estimate, PowerBasis.Compute))!.KilowattHours * 3.6e6;
                Same(result.GetProperty("energy").GetDouble(), joules, what);
            }
            else
            {
                Same(result.GetProperty("ttft").GetDouble(), estimate.FirstTokenSeconds, what);
                var seconds = estimate.LatencySeconds!.Value;
                if (item.TryGetProperty("draft", out var draft))
                {
                    // Four drafts without overhead, then one step of the target.
                    var drafts = Estimator.Estimate(Model(draft.GetString()!), estimate.Device, Scenario(item));
                    seconds = (4 * drafts.Step.MemorySeconds + seconds) / Serving.SpeculativeTokens(item.GetProperty("acceptance").GetDouble(), 4);
                }
                Same(result.GetProperty("itl").GetDouble(), seconds, what);
                Same(result.GetProperty("kv").GetDouble(), estimate.Memory.Cache, what);
                Same(result.GetProperty("weights").GetDouble(), estimate.Memory.Weights, what);
            }
            compared++;
        }
        Assert.Equal(52, compared);
    }

    static double Pinned(string scenario, string figure) => s_file.GetProperty("pinned").GetProperty(scenario).GetProperty(figure).GetDouble();

    [Fact]
    public void The_figures_that_mlsysim_pins_in_its_own_tests_come_out_here()
    {
        const string Picture = "resnet-50 on a100, batch 1", Llama = "llama-3.1-8b on h100, 2048 tokens";
        var fp16 = Zoo.Precision("fp16");
        var picture = Estimator.Estimate(Model("resnet-50"), Device("a100"), new() { Preset = Preset.Mlsysim, Weights = fp16 });
        Same(Pinned(Picture, "latencySeconds"), picture.LatencySeconds, Picture);
        Same(Pinned(Picture, "throughput"), picture.ThroughputPerSecond, Picture);
        Same(Pinned(Picture, "intensity"), picture.Step.Intensity, Picture);
        Same(Pinned(Picture, "memoryBytes"), picture.Memory.Total, Picture);
        Same(Pinned(Picture, "mfu"), picture.ComputeShare, Picture);
        Same(Pinned("resnet-50 on a100, batch 32", "intensity"), Estimator.Estimate(Model("resnet-50"), Device("a100"), new() { Preset = Preset.Mlsysim, Weights = fp16, Batch = 32 }).Step.Intensity, Picture);
        var llama = Estimator.Estimate(Model("llama-3.1-8b"), Device("h100"), new() { Preset = Preset.Mlsysim, Weights = fp16, Context = 2048 });
        Same(Pinned(Llama, "firstTokenSeconds"), llama.FirstTokenSeconds, Llama);
        Same(Pinned(Llama, "tokenSeconds"), llama.LatencySeconds, Llama);
        Same(Pinned(Llama, "cacheBytes"), llama.Memory.Cache, Llama);
        Same(Pinned(Llama, "memoryBytes"), llama.Memory.Total, Llama);
    }

    [Fact]
    public void Training_communication_energy_and_money_agree_with_the_pinned_figures()
    {
        const string Run = "training llama-3.1-8b, batch 8 of 1024, selective", Cluster = "llama-3.1-8b on 256 h100, tensor 8, pipeline 4, data 8, batch 1024 of 2048", Day = "256 h100 for a day at MFU 0.45, US";
        var training = Training.Estimate(Model("llama-3.1-8b"), Device("h100"), new() { Batch = 8, Sequence = 1024, Recomputation = Recomputation.Selective });
        Same(Pinned(Run, "weightBytes"), training.WeightBytes, Run);
        Same(Pinned(Run, "gradientBytes"), training.GradientBytes, Run);
        Same(Pinned(Run, "optimizerBytes"), training.OptimizerBytes, Run);
        Same(Pinned(Run, "activationBytes"), training.ActivationBytes, Run);
        Assert.False(training.Fits);
        // 128 sequences per replica; four all-reduces in each of 32 layers.
        Same(Pinned(Cluster, "tensorSeconds"), 4 * 32 * Links.RingAllReduce(128.0 * 2048 * 4096 * 2, 8, 450e9, 0.5e-6), Cluster);
        Same(Pinned(Cluster, "dataSeconds"), Links.RingAllReduce(2 * 8.03e9 / 8, 8, 450e9, 0.5e-6), Cluster);
        Same(Pinned(Cluster, "bubble"), Serving.PipelineBubble(4, 16), Cluster);
        var energy = Energy.Find(Device("h100") with { PriceDollars = 25_000 }, Zoo.Reference.FindGrid("us")!, 86_400, 0.45, devices: 256)!;
        Same(Pinned(Day, "kilowattHours"), energy.KilowattHours, Day);
        Same(Pinned(Day, "facilityKilowattHours"), energy.FacilityKilowattHours, Day);
        Same(Pinned(Day, "carbonKilograms"), energy.CarbonGrams / 1000, Day);
        Same(Pinned(Day, "litres"), energy.WaterLitres, Day);
        Same(Pinned(Day, "dollars"), energy.Dollars, Day);
    }

    [Fact]
    public void The_page_shows_the_figures_of_today()
    {
        var table = new StringBuilder("| model, device, batch | what | mlsysim | preset | here | of theirs |\n| --- | --- | ---: | ---: | ---: | ---: |\n");
        foreach (var item in s_file.GetProperty("scenarios").EnumerateArray())
        {
            var (model, device, result) = (Of(item, "model"), Of(item, "device"), item.GetProperty("result"));
            if (Of(item, "precision") != "fp16" || item.TryGetProperty("draft", out _) || item.TryGetProperty("cached", out _) || (Of(item, "kind") == "engine" && model is "llama-3.1-8b" or "llama-2-70b" && device != "h100")
                || (model == "resnet-50" && item.GetProperty("batch").GetInt64() is 8 or 32)) continue;
            var name = $"{model}, {device}, {item.GetProperty("batch").GetInt64()}{(item.TryGetProperty("tokens", out var tokens) ? $" × {tokens.GetInt64()}" : "")}";
            var preset = Estimator.Estimate(Model(model), Device(device), Scenario(item));
            var own = Estimator.Estimate(Zoo.Model(model), Zoo.Device(s_file.GetProperty("devices").GetProperty(device).GetProperty("ours").GetString()!), Scenario(item, Preset.Default) with { Context = model == "bert-base" ? 128 : Scenario(item).Context, CallsPerResult = 1 });
            if (Of(item, "kind") == "engine") Add(name, own.Profile.Work!.HasDecoder ? "token" : own.Profile.Work.Unit.ToString().ToLowerInvariant(), result.GetProperty("latency").GetDouble(), preset.LatencySeconds, own.LatencySeconds);
            else
            {
                Add(name, "first token", result.GetProperty("ttft").GetDouble(), preset.FirstTokenSeconds, own.FirstTokenSeconds);
                Add(name, "token", result.GetProperty("itl").GetDouble(), preset.LatencySeconds, own.LatencySeconds);
            }
        }
        var page = Path.Combine(Root(), "docs", "mlsysim.md");
        var text = File.ReadAllText(page);
        var (from, to) = (text.IndexOf("<!-- figures -->\n", StringComparison.Ordinal) + "<!-- figures -->\n".Length, text.IndexOf("<!-- end -->", StringComparison.Ordinal));
        if (Environment.GetEnvironmentVariable("MODELZOO_ACCEPT") == "1") File.WriteAllText(page, text[..from] + table + text[to..]);
        else Assert.Equal(table.ToString(), text[from..to]);

        void Add(string name, string what, double theirs, double? preset, double? here) =>
            table.Append($"| {name} | {what} | {Milliseconds(theirs)} | {Milliseconds(preset)} | {Milliseconds(here)} | {(here is { } own ? $"{own / theirs:0.00} ×" : "")} |\n");
    }

    static string Milliseconds(double? seconds) => seconds is { } known ? $"{known * 1e3:0.000} ms" : "not told";

    static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ARCHITECTURE.md"))) folder = folder.Parent ?? throw new InvalidOperationException("The tests lie outside the project.");
        return folder.FullName;
    }
}
