using System.Text.Json;
using ModelZoo.Conformance.Harness;
using ModelZoo.Inference.Snippets;

namespace ModelZoo.Conformance;

/// <summary>The shell, C# and Docker files. vLLM, llama.cpp's server, Ollama and Docker are not on machines that run tests: programs of their names say what they were given.</summary>
public sealed class SnippetShellTests(HubProcess hub)
{
    /// <summary>Names as a stranger may choose them: each would do something in some language if it were pasted into it.</summary>
    static readonly string[] s_hostile =
    [
        "it's $(touch pwned) `touch pwned`.bin", "a \"b\" ${HOME} %41 #x?.txt", "deep/-rf ;touch pwned&.txt", "größe/ファイル.txt", "{{model}}.txt", "tail\\.txt",
    ];

    [Fact]
    public async Task Every_way_to_have_the_files_brings_what_was_pushed_whatever_they_are_called()
    {
        var model = TinyModels.Folder([.. s_hostile.Select((name, i) => (name, TinyModels.Text($"content {i}"))), ("large.safetensors", [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))])]);
        using var work = await SnippetWorkplace.CreateAsync(hub, model);
        foreach (var way in (string[])["download.sh", "git.sh", "zoo.sh"])
        {
            if (way == "git.sh" && !await ClientProcess.WorksAsync("git", ["lfs", "version"]))
            {
                TestContext.Current.TestOutputHelper?.WriteLine("SKIPPED git.sh: git-lfs is not installed");
                continue;
            }
            if (way == "zoo.sh") StandIn(work, "zoo", $"exec dotnet exec '{Locations.Program}' \"$@\"");
            await work.BashAsync(way, work.Scratch(way + "-files"));
            AssertSameFiles(model, work.Scratch(way + "-files"));
        }
        // Again: nothing is brought twice.
        await work.BashAsync("download.sh", work.Scratch("download.sh-files"));
        work.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = work.Environment["DOTNET_NOLOGO"] = "1";
        work.Environment["HOME"] = null;        // what restores packages keeps them in the person's home
        await work.RunAsync("dotnet", ["run", work.FileOf("Download.cs"), work.Scratch("Download.cs-files")]);
        AssertSameFiles(model, work.Scratch("Download.cs-files"));
        Assert.Empty(Directory.EnumerateFiles(work.Scratch(""), "pwned", SearchOption.AllDirectories));
        Assert.False(File.Exists(Path.Combine(work.Folder, "pwned")));
        Directory.Delete(model, recursive: true);
    }

    [Fact]
    public async Task Programs_that_serve_are_given_the_model_at_its_commit()
    {
        using var work = await SnippetWorkplace.CreateAsync(hub, SnippetNodeTests.Demo("shakespeare-gpt2"));
        foreach (var program in (string[])["hf", "vllm", "llama-server", "ollama"])
            StandIn(work, program, """printf '%s\n' "$0" "HF_ENDPOINT=${HF_ENDPOINT:-}" "$@" >>"$HOME/calls"; case "$1" in create) cat Modelfile >>"$HOME/calls"; head -c 4 model.gguf >>"$HOME/calls";; esac""");
        foreach (var script in (string[])["hf.sh", "vllm.sh", "llama.cpp.sh", "ollama.sh"]) await work.BashAsync(script);
        var calls = await File.ReadAllLinesAsync(work.Scratch("calls"));
        var (commit, gguf) = (work.List.Commit, Path.Combine(work.Scratch("cache"), work.Repo, work.List.Commit, "model-f32.gguf"));
        AssertCall(["HF_ENDPOINT=" + hub.Url, "download", work.Repo, "--repo-type", "model", "--revision", commit], "hf");
        AssertCall(["HF_ENDPOINT=" + hub.Url, "serve", work.Repo, "--revision", commit, "--tokenizer-revision", commit], "vllm");
        AssertCall(["HF_ENDPOINT=", "--model", gguf, "--host", "127.0.0.1"], "llama-server");
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(SnippetNodeTests.Demo("shakespeare-gpt2"), "model-f32.gguf")), await File.ReadAllBytesAsync(gguf));
        AssertCall(["HF_ENDPOINT=", "create", $"{work.Repo.Split('/')[1]}:{commit[..8]}", "-f", "Modelfile", "FROM ./model.gguf"], "ollama");
        Assert.Contains(calls, line => line.StartsWith("GGUF", StringComparison.Ordinal));

        void AssertCall(string[] expected, string program)
        {
            var at = Array.FindIndex(calls, line => line.EndsWith("/" + program, StringComparison.Ordinal));
            Assert.True(at >= 0, $"{program} was not called: {string.Join('\n', calls)}");
            Assert.Equal(expected, calls.Skip(at + 1).Take(expected.Length));
        }
    }

    /// <summary>There is no Docker where these tests run, so the file is read: that every step names what is beside it or was installed, and the endpoint is the hub's.</summary>
    [Fact]
    public async Task The_Dockerfile_builds_on_the_server_beside_it()
    {
        using var work = await SnippetWorkplace.CreateAsync(hub, SnippetNodeTests.Demo("banking77-bert-mini"));
        var docker = await File.ReadAllTextAsync(work.FileOf("Dockerfile"));
        Assert.Contains($"ARG MODELZOO_ENDPOINT={hub.Url}\n", docker, StringComparison.Ordinal);
        Assert.Contains("COPY server.mjs .\n", docker, StringComparison.Ordinal);
        Assert.All(docker.Split('\n').Where(line => line.Length > 0 && line[0] != '#'),
            line => Assert.Contains(line.Split(' ')[0], (string[])["FROM", "ARG", "ENV", "WORKDIR", "RUN", "COPY", "USER", "EXPOSE", "CMD"]));
        // What the image installs is what these tests run the server with.
        var locked = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Locations.Scripts, "js", "package-lock.json"))).RootElement.GetProperty("packages");
        foreach (var package in docker.Split('\n').Single(line => line.Contains("npm install", StringComparison.Ordinal)).Split(' ').Where(word => word.LastIndexOf('@') > 0))
            Assert.Equal(package[(package.LastIndexOf('@') + 1)..], locked.GetProperty("node_modules/" + package[..package.LastIndexOf('@')]).GetProperty("version").GetString());
        await NodeClient.InstallAsync();
        await work.NodeAsync("server.mjs", "--fetch-only");
    }

    /// <summary>The interpreters themselves say what a literal means.</summary>
    [Fact]
    public async Task A_literal_is_the_text_in_every_language()
    {
        var random = new Random(20261121);
        char[] alphabet = [.. "'\"\\$`{}()<>;&|*?!#%~ \t\n\r\u0001\u001b\u007fabc019xuU-éß漢\u202e\u2028\u200b\u0301\ufeff"];
        var texts = s_hostile.Concat(["", "-", "𝔘😀\U000e0041", "\\x41\\u0041", "'''", "\"\"\""]).ToList();
        for (var i = 0; i < 200; i++) texts.Add(new([.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => alphabet[random.Next(alphabet.Length)])]));
        var scratch = Locations.Scratch("literals");
        string[] wanted = [.. texts.Select(text => Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(text)))];
        await CheckAsync("bash", "a.sh", string.Concat(texts.Select(text => $"x={Literal.Text(ScriptLanguage.Shell, text)}\nprintf %s \"$x\" | od -An -v -tx1 | tr -d ' \\n'; echo\n")));
        await CheckAsync("node", "a.mjs", $"for (const text of {Literal.Of(ScriptLanguage.JavaScript, texts)}) console.log(Buffer.from(text).toString('hex'));\n");
        await CheckAsync("python3", "a.py", $"for text in {Literal.Of(ScriptLanguage.Python, texts)}: print(text.encode().hex())\n");
        await CheckAsync("dotnet", "a.cs", $"#:property PublishAot=false\nstring[] texts = {Literal.Of(ScriptLanguage.CSharp, texts)};\nforeach (var text in texts) Console.WriteLine(Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(text)));\n");
        Directory.Delete(scratch, recursive: true);

        async Task CheckAsync(string program, string name, string script)
        {
            if (!await ClientProcess.WorksAsync(program, ["--version"])) return;
            var path = Path.Combine(scratch, name);
            await File.WriteAllTextAsync(path, script);
            var finished = await ClientProcess.RunAsync(program, program == "dotnet" ? ["run", path] : [path], scratch, new Dictionary<string, string?>(), TimeSpan.FromMinutes(2));
            Assert.True(finished.ExitCode == 0, $"{program}: {finished.Output}{finished.Errors}");
            Assert.Equal(wanted, finished.Output.Split('\n').Take(wanted.Length));
        }
    }

    static void StandIn(SnippetWorkplace work, string name, string script)
    {
        var bin = Directory.CreateDirectory(work.Scratch("bin")).FullName;
        var path = Path.Combine(bin, name);
        File.WriteAllText(path, "#!/usr/bin/env bash\n" + script + "\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        work.Environment["PATH"] = $"{bin}:{Environment.GetEnvironmentVariable("PATH")}";
    }

    static void AssertSameFiles(string expected, string actual)
    {
        var files = Files(actual).Where(name => name != ".gitattributes" && !name.StartsWith(".git/", StringComparison.Ordinal)).ToList();
        Assert.Equal(Files(expected), files);
        foreach (var file in files) Assert.Equal(File.ReadAllBytes(Path.Combine(expected, file)), File.ReadAllBytes(Path.Combine(actual, file)));

        static List<string> Files(string folder) => [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)];
    }
}
