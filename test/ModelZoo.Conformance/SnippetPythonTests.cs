using System.Text.Json;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance;

/// <summary>
/// The Python files, run as they are. onnxruntime and tokenizers are packages that these tests cannot install: where they are absent, py/stand-ins gives the part of
/// their interface that is used and lets the same libraries compute it through their npm packages. What the two languages answer is compared line by line.
/// </summary>
public sealed class SnippetPythonTests(HubProcess hub)
{
    /// <summary>Fails where the client or a package that it needs is absent or too old.</summary>
    const string RealClient = "import filelock, httpx, huggingface_hub as h; h.hf_hub_download, h.snapshot_download; filelock.FileLock('lock', mode=0o664)";

    [Theory]
    [InlineData("banking77-bert-mini", "How do I locate my card?")]
    [InlineData("shakespeare-gpt2", "ROMEO:")]
    public async Task Files_of_a_text_model_answer_as_the_JavaScript_ones(string model, string text)
    {
        using var work = await SnippetWorkplace.CreateAsync(hub, SnippetNodeTests.Demo(model));
        var python = await FindPythonAsync(work, "numpy");
        var inputs = work.Scratch("in.jsonl");
        await File.WriteAllLinesAsync(inputs, [JsonSerializer.Serialize(text), JsonSerializer.Serialize(new { id = 7, text = string.Concat(Enumerable.Repeat(text + " ", 200)) }), "{}", "broken"]);
        var ours = await CompareAsync(work, python, inputs);
        Assert.Equal(7, ours[1].GetProperty("id").GetInt32());
        Assert.All(ours[2..], line => Assert.True(line.TryGetProperty("error", out _)));
        await SnippetNodeTests.CheckResumeAsync(inputs, work.Scratch("python.jsonl"), arguments => work.RunAsync(python, [work.FileOf("batch.py"), .. arguments]), () => RefusedAsync(work, python, inputs));

        var once = SnippetWorkplace.Lines(await work.RunAsync(python, [work.FileOf("onnx.py"), text]));
        AssertSame(ours[0], once[0]);
        using var server = await SnippetServer.StartAsync(python, [work.FileOf("server.py"), "--port", "0"], work.Settings());
        Assert.Equal(work.List.Commit, (await server.HealthAsync()).GetProperty("commit").GetString());
        AssertSame(once[0], (await server.InferAsync(text, new { text }))[1]);
        foreach (var bad in (string[])["", "[]", """{"inputs": []}""", """{"inputs": [5]}""", "null"]) Assert.Equal(400, await server.StatusAsync(bad));
        Assert.Equal(404, await server.StatusAsync("{}", "/else"));
    }

    [Fact]
    public async Task Files_of_a_picture_model_prepare_pictures_as_it_says()
    {
        var js = await NodeClient.InstallAsync();
        var model = TinyModels.Pictures();
        using var work = await SnippetWorkplace.CreateAsync(hub, model);
        Directory.Delete(model, recursive: true);
        var pictures = Directory.CreateDirectory(work.Scratch("pictures")).FullName;
        // Bright thirds, twelve times the size, one with colours and one with alpha.
        await work.RunAsync("node", ["--input-type=module", "-e", $$"""
            import { createRequire } from "node:module";
            const sharp = createRequire({{JsonSerializer.Serialize(js + "/")}})("sharp");
            for (const [third, name] of [[0, "a.png"], [1, "b.jpg"], [2, "c.png"]]) {
              const pixels = Buffer.alloc(72 * 48 * 3, 20);
              for (let i = 0; i < 72 * 48; i++) if (Math.floor((i % 72) / 24) === third) pixels.fill(200, 3 * i, 3 * i + 3);
              let picture = sharp(pixels, { raw: { width: 72, height: 48, channels: 3 } });
              if (third === 2) picture = picture.ensureAlpha(0.5);
              await picture.toFile({{JsonSerializer.Serialize(pictures + "/")}} + name);
            }
            """]);
        await File.WriteAllTextAsync(Path.Combine(pictures, "d.txt"), "no picture");
        await work.NodeAsync("batch.mjs", pictures, work.Scratch("js.jsonl"));
        var lines = SnippetWorkplace.Lines(await File.ReadAllTextAsync(work.Scratch("js.jsonl")));
        Assert.Equal([.. TinyModels.Labels, "error"], lines.Select(line => line.TryGetProperty("error", out _) ? "error" : SnippetNodeTests.Label(line)));
        Assert.Equal(["a.png", "b.jpg", "c.png", "d.txt"], lines.Select(line => line.GetProperty("id").GetString()));
        Assert.Equal(TinyModels.Labels[1], SnippetNodeTests.Label(SnippetWorkplace.Lines(await work.NodeAsync("onnx.mjs", Path.Combine(pictures, "b.jpg")))[0]));

        var image = Convert.ToBase64String(await File.ReadAllBytesAsync(Path.Combine(pictures, "a.png")));
        using (var server = await SnippetServer.StartAsync("node", [work.FileOf("server.mjs"), "--port", "0"], work.Settings())) await CheckServerAsync(server);

        var python = await FindPythonAsync(work, "numpy", "PIL");
        await CompareAsync(work, python, pictures, tolerance: 0.02);       // two resizers
        using (var server = await SnippetServer.StartAsync(python, [work.FileOf("server.py"), "--port", "0"], work.Settings())) await CheckServerAsync(server);

        async Task CheckServerAsync(SnippetServer server)
        {
            Assert.Equal(TinyModels.Labels[0], SnippetNodeTests.Label((await server.InferAsync(new { image }))[0]));
            // A caller must not make the server read its own files.
            Assert.Equal(400, await server.StatusAsync(JsonSerializer.Serialize(new { inputs = new[] { Path.Combine(pictures, "a.png") } })));
            Assert.Equal(400, await server.StatusAsync(JsonSerializer.Serialize(new { inputs = new[] { new { file = Path.Combine(pictures, "a.png") } } })));
            Assert.Equal(400, await server.StatusAsync("""{"inputs": [{"image": "bm8="}]}"""));
        }
    }

    [Fact]
    public async Task Files_of_a_table_model_take_rows_of_JSON_and_of_CSV()
    {
        await NodeClient.InstallAsync();
        var model = TinyModels.Rows();
        using var work = await SnippetWorkplace.CreateAsync(hub, model);
        Directory.Delete(model, recursive: true);
        var python = await FindPythonAsync(work, "numpy");
        await File.WriteAllTextAsync(work.Scratch("in.csv"), "id,a,b,c\nfirst,1,2,3\nsecond,-1,0.5,1e2\nbad,1,,x\n");
        var lines = await CompareAsync(work, python, work.Scratch("in.csv"));
        Assert.Equal([6, 99.5], lines[..2].Select(line => line.GetProperty("sum")[0].GetDouble()));
        Assert.Equal("second", lines[1].GetProperty("id").GetString());
        Assert.True(lines[2].TryGetProperty("error", out _));
        await File.WriteAllTextAsync(work.Scratch("in.jsonl"), "[1, 2, 3]\n{\"features\": [1, 1, 1]}\n[1, 2]\n");
        Assert.Equal(6, (await CompareAsync(work, python, work.Scratch("in.jsonl")))[0].GetProperty("doubled")[2].GetDouble());
    }

    [Fact]
    public async Task A_graph_that_nothing_explains_takes_its_bare_numbers()
    {
        await NodeClient.InstallAsync();
        var model = TinyModels.Tensors();
        using var work = await SnippetWorkplace.CreateAsync(hub, model);
        Directory.Delete(model, recursive: true);
        var python = await FindPythonAsync(work, "numpy");
        await File.WriteAllTextAsync(work.Scratch("in.jsonl"), """
            {"id": "x", "a": [[1, 2], [3, 4]], "b": [10, 100]}
            {"a": [[1, 2]]}
            """);
        var lines = await CompareAsync(work, python, work.Scratch("in.jsonl"));
        Assert.Equal("[[10,200],[30,400]]", lines[0].GetProperty("c").GetRawText().Replace(".0", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal));
        Assert.True(lines[1].TryGetProperty("error", out _));
        Assert.Single(SnippetWorkplace.Lines(await work.NodeAsync("onnx.mjs")));
        Assert.Single(SnippetWorkplace.Lines(await work.RunAsync(python, [work.FileOf("onnx.py")])));
    }

    [Fact]
    public async Task Every_Python_file_is_Python_and_the_downloading_one_downloads()
    {
        foreach (var model in (string[])["banking77-bert-mini", "shakespeare-gpt2", "shakespeare-gpt2-lora-banking"])
        {
            using var work = await SnippetWorkplace.CreateAsync(hub, FolderOf(model));
            var python = await FindPythonAsync(work);
            // transformers and PEFT are not among the packages of these tests: their files are compiled, not run.
            await work.RunAsync(python, ["-m", "py_compile", .. work.List.Files.Where(file => file.Topic == "python").Select(file => work.FileOf(file.Name))]);
            var folder = (await work.RunAsync(python, [work.FileOf("download.py")])).Trim();
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(FolderOf(model), "README.md")), await File.ReadAllBytesAsync(Path.Combine(folder, "README.md")));
        }

        static string FolderOf(string name) => Directory.Exists(Path.Combine(Locations.Root, "demo", "models", name)) ? Path.Combine(Locations.Root, "demo", "models", name) : SnippetNodeTests.Demo(name);
    }

    /// <summary>Both batches over the same input; Python's lines, which agree with JavaScript's.</summary>
    static async Task<JsonElement[]> CompareAsync(SnippetWorkplace work, string python, string inputs, double tolerance = 1e-5)
    {
        var (js, py) = (work.Scratch("js.jsonl"), work.Scratch("python.jsonl"));
        foreach (var old in (string[])[js, py, js + ".work.json", py + ".work.json"]) File.Delete(old);
        await work.NodeAsync("batch.mjs", inputs, js, "--batch-size", "2");
        await work.RunAsync(python, [work.FileOf("batch.py"), inputs, py, "--batch-size", "3"]);
        var (theirs, ours) = (SnippetWorkplace.Lines(await File.ReadAllTextAsync(js)), SnippetWorkplace.Lines(await File.ReadAllTextAsync(py)));
        Assert.Equal(theirs.Length, ours.Length);
        for (var i = 0; i < ours.Length; i++) AssertSame(theirs[i], ours[i], tolerance);
        return ours;
    }

    /// <summary>Equal texts, close numbers; errors are worded by each language.</summary>
    static void AssertSame(JsonElement expected, JsonElement actual, double tolerance = 1e-5)
    {
        Assert.Equal(expected.ValueKind, actual.ValueKind);
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                Assert.Equal(Names(expected), Names(actual));
                foreach (var name in Names(expected).Where(name => name is not ("error" or "index"))) AssertSame(expected.GetProperty(name), actual.GetProperty(name), tolerance);
                break;
            case JsonValueKind.Array:
                Assert.Equal(expected.GetArrayLength(), actual.GetArrayLength());
                foreach (var (one, other) in expected.EnumerateArray().Zip(actual.EnumerateArray())) AssertSame(one, other, tolerance);
                break;
            case JsonValueKind.Number: Assert.Equal(expected.GetDouble(), actual.GetDouble(), tolerance); break;
            default: Assert.Equal(expected.GetRawText(), actual.GetRawText()); break;
        }

        static List<string> Names(JsonElement element) => [.. element.EnumerateObject().Select(property => property.Name).Where(name => name != "index").Order(StringComparer.Ordinal)];
    }

    /// <summary>An interpreter with these modules. What it lacks of the rest comes from stand-ins.</summary>
    static async Task<string> FindPythonAsync(SnippetWorkplace work, params string[] modules)
    {
        var js = await NodeClient.InstallAsync();
        foreach (var python in new[] { Environment.GetEnvironmentVariable("MODELZOO_PYTHON"), "python3", "/usr/bin/python3" })
        {
            if (string.IsNullOrEmpty(python) || !await ClientProcess.WorksAsync(python, ["-c", $"import json, {string.Join(", ", modules.Append("os"))}"])) continue;
            var standIns = Directory.CreateDirectory(work.Scratch("stand-ins")).FullName;
            var isReal = PythonClient.Httpx.FindCheckout() is { } checkout && await ClientProcess.WorksAsync(python, ["-c", RealClient], new Dictionary<string, string?> { ["PYTHONPATH"] = checkout });
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Locations.Scripts, "py", "stand-ins")))
            {
                var module = Path.GetFileNameWithoutExtension(file);
                if (module == "huggingface_hub" ? !isReal : module == "bridge" || !await ClientProcess.WorksAsync(python, ["-c", $"import {module}"]))
                    File.Copy(file, Path.Combine(standIns, Path.GetFileName(file)), overwrite: true);
            }
            work.Environment["PYTHONPATH"] = isReal ? $"{standIns}:{PythonClient.Httpx.FindCheckout()}" : standIns;
            work.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
            work.Environment["BRIDGE"] = Path.Combine(js, "bridge.mjs");
            TestContext.Current.TestOutputHelper?.WriteLine($"{python}; stand-ins for {string.Join(", ", Directory.EnumerateFiles(standIns).Select(Path.GetFileNameWithoutExtension).Where(name => name != "bridge"))}");
            return python;
        }
        Missing.Skip($"The Python snippets were NOT run: no python3 can import {string.Join(", ", modules)} (Debian: python3-numpy, python3-pil).");
        return "";
    }

    static async Task RefusedAsync(SnippetWorkplace work, string python, string inputs)
    {
        var finished = await ClientProcess.RunAsync(python, [work.FileOf("batch.py"), inputs, work.Scratch("python.jsonl")], work.Folder, work.Settings(), TimeSpan.FromMinutes(1));
        Assert.Equal(1, finished.ExitCode);
        Assert.Contains("another model, commit or input", finished.Errors, StringComparison.Ordinal);
    }
}
