using System.Text.Json;
using ModelZoo.Cli;
using ModelZoo.Tests.Client;
using ModelZoo.Tests.Profiling;

namespace ModelZoo.Tests.Cli;

/// <summary>`zoo profile`, `fit`, `roofline`, `devices` and `workloads`, as a script calls them.</summary>
public sealed class ProfileCommandTests
{
    static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await ZooCommand.RunAsync(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    static async Task<JsonElement> JsonAsync(params string[] args)
    {
        var (code, output, error) = await RunAsync([.. args, "--json"]);
        Assert.True(code == 0, error);
        return JsonDocument.Parse(output).RootElement;
    }

    [Fact]
    public async Task A_folder_a_file_a_bare_config_and_a_registry_id_are_the_same_model()
    {
        using var files = new SparseFiles().Config(SparseFiles.ConfigOf("llama-3.2-1b")).Safetensors(SparseFiles.Llama(Zoo.Model("llama-3.2-1b").Shape, storesHead: false));
        foreach (var model in (string[])[files.Folder, Path.Combine(files.Folder, "config.json"), Path.Combine(files.Folder, "model.safetensors"), "llama-3.2-1b"])
        {
            var profile = await JsonAsync("profile", model);
            Assert.Equal(1_235_814_400, profile.GetProperty("parameters").GetProperty("value").GetInt64());
            var fit = await JsonAsync("fit", model, "--device", "rtx-4090", "--batch", "4", "--context", "8k", "--precision", "bf16");
            Assert.Equal(1_235_814_400, fit.GetProperty("parameters").GetInt64());
            Assert.Equal(2_471_628_800, fit.GetProperty("weightBytes").GetInt64());
            if (!model.EndsWith(".safetensors", StringComparison.Ordinal)) Assert.Equal(4 * 8192 * 32_768, fit.GetProperty("kvCacheBytes").GetInt64());
            Assert.Equal("memory", fit.GetProperty("bound").GetString());
            Assert.True(fit.GetProperty("fits").GetBoolean());
            Assert.Equal("rtx-4090", fit.GetProperty("device").GetProperty("id").GetString());
            Assert.True(fit.GetProperty("assumptions").GetArrayLength() > 5);
        }
    }

    [Fact]
    public async Task A_repository_is_profiled_from_ranges_of_its_headers()
    {
        await using var hub = await StandInHub.StartAsync();
        using var files = new SparseFiles().Safetensors([new("w.weight", "F32", 100, 1000)]);
        hub.Files["model.safetensors"] = await File.ReadAllBytesAsync(Path.Combine(files.Folder, "model.safetensors"));
        var profile = await JsonAsync("profile", "ada/vit@main", "--endpoint", new Uri(hub.Address, "prefix").AbsoluteUri, "--token", "hf_x");
        Assert.Equal(100_000, profile.GetProperty("parameters").GetProperty("value").GetInt64());
    }

    [Fact]
    public async Task Tables_for_people_say_the_verdict_and_every_assumption()
    {
        var (code, output, _) = await RunAsync("fit", "llama-3.1-70b", "--device", "h100-sxm");
        Assert.Equal(0, code);
        Assert.Contains("fits as Q8_0", output, StringComparison.Ordinal);
        Assert.Contains("bandwidthEfficiency", output, StringComparison.Ordinal);
        (code, output, _) = await RunAsync("profile", "mixtral-8x7b");
        Assert.Equal(0, code);
        Assert.Contains("46,702,792,704", output, StringComparison.Ordinal);
        (code, output, _) = await RunAsync("roofline", "resnet-50", "--device", "t4");
        Assert.Equal(0, code);
        Assert.Contains("whole step", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_registries_are_listed_with_their_sources()
    {
        Assert.Equal(Zoo.Reference.Devices.Count, (await JsonAsync("devices")).GetArrayLength());
        Assert.Equal(Zoo.Reference.Workloads.Count, (await JsonAsync("workloads")).GetArrayLength());
        Assert.Equal("datasheet", (await JsonAsync("devices", "h100-sxm"))[0].GetProperty("confidence").GetString());
        Assert.Contains("arxiv", (await JsonAsync("workloads", "bert-base"))[0].GetProperty("source").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("devices", "apple")).Code);
    }

    [Fact]
    public async Task A_device_of_ones_own_comes_from_a_file()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["mine.json"], """[{"id":"mine","fp16":1e14,"memory_bytes":1e11,"memory_bandwidth_Bps":1e12,"kind":"cloud-gpu"}]""");
        var fit = await JsonAsync("fit", "llama-3.1-8b", "--device", "mine", "--devices", folder["mine.json"], "--preset", "ceiling", "--context", "1");
        Assert.Equal(0.0150, fit.GetProperty("latencySeconds").GetDouble(), 0.0001);
    }

    [Fact]
    public async Task Serving_and_training_are_asked_for_in_the_same_breath()
    {
        var fit = await JsonAsync("fit", "llama-3.1-8b", "--device", "h100-sxm", "--concurrency", "32", "--prompt", "1500", "--output", "500", "--max-token-seconds", "0.02", "--draft", "llama-3.2-1b",
            "--requests-per-second", "2", "--dollars-per-hour", "3", "--train", "--lora-rank", "16", "--recompute", "full", "--grid", "eu");
        var load = fit.GetProperty("concurrency");
        Assert.Equal(32, load.GetProperty("concurrency").GetDouble());
        Assert.Equal(32 / load.GetProperty("tokenSeconds").GetDouble(), load.GetProperty("tokensPerSecond").GetDouble(), 0.001);
        Assert.True(load.GetProperty("largestWithinLimit").GetInt64() > 32);
        Assert.True(load.GetProperty("draftTokenSeconds").GetDouble() > 0);
        Assert.True(load.GetProperty("curve").GetArrayLength() > 5);
        Assert.True(fit.GetProperty("serving").GetProperty("utilisation").GetDouble() > 0);
        Assert.Equal(41_943_040, fit.GetProperty("training").GetProperty("trainedParameters").GetInt64());
        Assert.True(fit.GetProperty("energy").GetProperty("carbonGramsPerStep").GetDouble() > 0);
        Assert.Contains("max(", fit.GetProperty("how").GetProperty("latencySeconds").GetString(), StringComparison.Ordinal);
        var (code, output, _) = await RunAsync("fit", "llama-3.1-8b", "--device", "h100-sxm", "--concurrency", "8", "--train");
        Assert.Equal(0, code);
        Assert.Contains("together", output, StringComparison.Ordinal);
        Assert.Contains("training memory", output, StringComparison.Ordinal);
        Assert.Contains("per picture", (await RunAsync("fit", "stable-diffusion-v1-5", "--device", "rtx-4090")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fit llama-3.1-8b --device t4 --zero 3", 2, "--train")]
    [InlineData("fit resnet-50 --device t4 --concurrency 4", 1, "token after token")]
    [InlineData("profile llama-3.1-8b --axis height=3", 2, "ONNX")]
    [InlineData("fit llama-3.1-8b --device h1000", 2, "no device 'h1000'")]
    [InlineData("fit llama-9 --device t4", 2, "near it")]
    [InlineData("fit llama-3.1-8b --device t4 --precision fp7", 2, "no precision")]
    [InlineData("fit llama-3.1-8b --device t4 --context many", 2, "tokens")]
    [InlineData("fit llama-3.1-8b --device t4 --batch 0", 2, "batch")]
    [InlineData("roofline dlrm --device t4", 1, "work")]
    public async Task What_cannot_be_is_said_in_one_line(string line, int expected, string words)
    {
        var (code, _, error) = await RunAsync(line.Split(' '));
        Assert.Equal(expected, code);
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }
}
