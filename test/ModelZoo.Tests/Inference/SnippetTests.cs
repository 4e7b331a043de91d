using System.Runtime.CompilerServices;
using System.Text;
using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Runtime;
using ModelZoo.Inference.Snippets;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Inference;

/// <summary>Which files use a model and what stands in them. Those in snippets/ beside this file are what they were; MODELZOO_ACCEPT=1 writes them anew: read them before you keep them.</summary>
public sealed class SnippetTests
{
    const string Commit = "0123456789abcdef0123456789abcdef01234567";

    static readonly Dictionary<string, Func<SnippetModel>> s_models = new()
    {
        ["classifier"] = () => Text("""{"model_type": "bert", "architectures": ["BertForSequenceClassification"], "max_position_embeddings": 64, "pad_token_id": 3}""", "batch", 77).With("model.safetensors"),
        ["multi-label"] = () => Text("""{"model_type": "bert", "architectures": ["BertForSequenceClassification"], "problem_type": "multi_label_classification"}""", "batch", 5),
        ["language-model"] = () => LanguageModel().With("model-f32.gguf", "GGUF"),
        ["chat-model"] = () => LanguageModel().With("chat_template.jinja", "{{ messages }}"),
        ["vectors"] = () => Graph(graph => Ids(graph).Output("last_hidden_state", ElementType.Float, "batch", "sequence", 384))
            .With("onnx/model.onnx_data").With("tokenizer.json", "{}").With("config.json", """{"model_type": "bert", "architectures": ["BertModel"]}""").With("model.safetensors")
            .With("modules.json", """[{"type": "sentence_transformers.models.Normalize"}]""") with { Library = "sentence-transformers", Task = "sentence-similarity" },
        ["tagger"] = () => Graph(graph => Ids(graph).Output("logits", ElementType.Float, "batch", "sequence", 9))
            .With("tokenizer.json", "{}").With("tokenizer_config.json", "{}").With("config.json", """{"model_type": "bert", "architectures": ["BertForTokenClassification"]}""").With("model.safetensors"),
        ["pictures"] = () => Graph(graph => Picture(graph, ElementType.Float, 3).Output("logits", ElementType.Float, "batch", 1000), "model.onnx")
            .With("config.json", """{"model_type": "vit"}""").With("preprocessor_config.json", """
                {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 224}, "do_center_crop": true, "crop_size": 224, "resample": 3,
                 "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
                """),
        ["unexplained-pictures"] = () => Graph(graph => Picture(graph, ElementType.Float, 1).Output("log_probs", ElementType.Float, "batch", 10), "model.onnx"),
        ["half-pictures"] = () => Graph(graph => Picture(graph, ElementType.Float16, 1).Output("logits", ElementType.Float16, "batch", 10), "model.onnx")
            .With("preprocessor_config.json", """{"size": {"height": 28, "width": 28}, "do_normalize": false}"""),
        ["rows"] = () => Graph(graph => graph.Input("float_input", ElementType.Float, "n", 4).Output("label", ElementType.Int64, "n"), "classifier.onnx"),
        ["gguf"] = () => new SnippetModel().With("tiny-Q8_0.gguf").With("tiny-Q4_K_M-00001-of-00002.gguf").With("tiny-Q4_K_M-00002-of-00002.gguf").With("mmproj-f16.gguf"),
        ["adapter"] = () => new SnippetModel().With("adapter_model.safetensors").With("adapter_config.json", """{"base_model_name_or_path": "zoo/base \"one\"", "revision": "main\n"}"""),
        ["decoder-only-weights"] = () => new SnippetModel().With("model-00001-of-00002.safetensors").With("model.safetensors.index.json", "{}").With("tokenizer.json", "{}")
            .With("config.json", """{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}"""),
        ["served"] = () => Graph(graph => graph.Input("x", ElementType.Float, "n", 2).Output("y", ElementType.Float, "n", 1), "model.onnx") with { IsServed = true },
        ["broken"] = () => new SnippetModel().With("model.onnx", "no graph").With("config.json", "[").With("tokenizer_config.json", """{"pad_token": "\ud800"}""").With("preprocessor_config.json", """{"size": -1}"""),
        ["dataset"] = () => new SnippetModel().With("data/train.parquet") with { Kind = "dataset" },
    };

    public static TheoryData<string> Names => [.. s_models.Keys];

    [Theory, MemberData(nameof(Names))]
    public async Task A_model_gets_the_files_that_it_got(string name)
    {
        var files = await WriteAsync(s_models[name]());
        var list = string.Join('\n', files.Select(file => $"{file.Name} · {file.Tool} · {file.Topic} · {file.About}"));
        await CheckAsync($"{name}/list", list);
        // Whole files where each differs; the long ones that differ in their first part only, once.
        string[] kept = name switch
        {
            "served" => ["infer.sh", "infer.py", "infer.mjs", "Infer.cs"],
            "classifier" or "dataset" => [.. files.Select(file => file.Name)],
            "language-model" or "gguf" => ["onnx.py", "onnx.mjs", "llama.mjs", "llama.cpp.sh", "ollama.sh", "vllm.sh"],
            "tagger" => ["batch.mjs", "batch.py", "transformers.mjs"],
            _ => ["onnx.py", "onnx.mjs", "peft.py", "transformers.py", "sentence-transformers.py"],
        };
        foreach (var file in files.Where(file => kept.Contains(file.Name))) await CheckAsync($"{name}/{file.Name}", file.Text);
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Each_file_is_whole_pinned_and_named_once(string name)
    {
        var model = s_models[name]();
        var files = await WriteAsync(model);
        Assert.NotEmpty(files);
        Assert.Equal(files.Count, files.Select(file => file.Name).Distinct().Count());
        foreach (var file in files)
        {
            Assert.DoesNotMatch(@"\{\{[#^/>]?[A-Za-z]+\}\}", file.Text);
            if (file.Name != "Dockerfile") Assert.Contains(Commit, file.Text, StringComparison.Ordinal);
            Assert.Contains("https://zoo.example.org", file.Text, StringComparison.Ordinal);
            Assert.EndsWith("\n", file.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("\r", file.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("\n\n\n\n", file.Text, StringComparison.Ordinal);
        }
        var brief = SnippetBook.Brief(files);
        Assert.InRange(brief.Count, 4, 6);
        Assert.Equal(brief.Count, brief.Select(file => file.Tool).Distinct().Count());
    }

    [Fact]
    public async Task An_empty_repository_is_used_by_nothing() => Assert.Empty(await WriteAsync(new SnippetModel()));

    /// <summary>Names come from strangers. In a comment or between quotation marks of the template's own they could end what they stand in.</summary>
    [Fact]
    public async Task A_hostile_name_stands_in_literals_only()
    {
        const string evil = "x\"'`\n*/ ${evil} $(evil) \\ \u202e evil.onnx";
        var model = Graph(graph => graph.Input("in" + evil, ElementType.Float, "n", 4).Output("out" + evil, ElementType.Float, "n", 2), evil)
            .With("y" + evil + ".gguf").With("z" + evil) with { Task = evil, Library = evil };
        foreach (var file in await WriteAsync(model))
        {
            Assert.DoesNotContain("\u202e", file.Text, StringComparison.Ordinal);
            foreach (var line in file.Text.Split('\n').Where(line => line.Contains("evil", StringComparison.Ordinal)))
            {
                Assert.DoesNotMatch(@"^\s*(#|//|\*)", line);
                // A line that the name began by itself would begin with what stands behind its line feed.
                Assert.DoesNotMatch(@"^(\*/|x"")", line);
            }
        }
    }

    [Fact]
    public void A_template_that_names_what_is_not_there_is_an_error()
    {
        Assert.Throws<KeyNotFoundException>(() => ScriptTemplate.Render("python/download.py", new Dictionary<string, object?>()));
        Assert.Throws<FileNotFoundException>(() => ScriptTemplate.Render("python/nothing.py", SnippetValues.Standard()));
    }

    [Theory]
    [InlineData("plain/path.txt", "plain/path.txt", "\"plain/path.txt\"")]
    [InlineData("", "''", "\"\"")]
    [InlineData("it's", "'it'\\''s'", "\"it's\"")]
    [InlineData("a\nb", "$'a\\x0ab'", "\"a\\u000ab\"")]
    [InlineData("\"\\", "'\"\\'", "\"\\\"\\\\\"")]
    [InlineData("größe ファイル", "'größe ファイル'", "\"größe ファイル\"")]
    [InlineData("\u202e", "$'\\xe2\\x80\\xae'", "\"\\u202e\"")]
    public void A_text_is_quoted_as_its_language_does(string text, string shell, string python)
    {
        Assert.Equal(shell, Literal.Text(ScriptLanguage.Shell, text));
        Assert.Equal(python, Literal.Text(ScriptLanguage.Python, text));
        Assert.Equal(python, Literal.Text(ScriptLanguage.CSharp, text));
    }

    [Fact]
    public void Values_are_written_as_their_language_does()
    {
        Dictionary<string, object?> value = new() { ["a"] = true, ["b"] = null, ["c"] = (List<object?>)[1, 0.5f, "x"] };
        Assert.Equal("""{"a": True, "b": None, "c": [1, 0.5, "x"]}""", Literal.Of(ScriptLanguage.Python, value));
        Assert.Equal("""{ "a": true, "b": null, "c": [1, 0.5, "x"] }""", Literal.Of(ScriptLanguage.JavaScript, value));
        Assert.Equal("\"\\U0001f600\"", Literal.Of(ScriptLanguage.Python, "😀"));
        Assert.Equal("\"\\u{1f600}\"", Literal.Of(ScriptLanguage.JavaScript, "😀"));
        Assert.Equal("\"\\$x\\\"\"", Literal.Of(ScriptLanguage.Docker, "$x\""));
    }

    static async Task<IReadOnlyList<SnippetFile>> WriteAsync(SnippetModel model)
    {
        var facts = await ModelFactsReader.ReadAsync(model, CancellationToken.None);
        return SnippetBook.Write(new("https://zoo.example.org", model.Kind, "ada", "vit", Commit) { IsServed = model.IsServed }, facts with { Task = model.Task, Library = model.Library });
    }

    static SnippetModel Text(string config, params object[] logits) => Graph(graph => Ids(graph).Output("logits", ElementType.Float, logits))
        .With("config.json", config).With("tokenizer.json", "{}").With("tokenizer_config.json", """{"pad_token": {"content": "<pad>"}}""");

    static SnippetModel LanguageModel() => Graph(graph =>
    {
        Ids(graph, "position_ids");
        foreach (var part in (string[])["key", "value"])
        {
            graph.Input($"past_key_values.0.{part}", ElementType.Float, "batch", 4, "past", 32);
            graph.Output($"present.0.{part}", ElementType.Float, "batch", 4, "total", 32);
        }
        return graph.Output("logits", ElementType.Float, "batch", "sequence", 1024);
    }).With("config.json", """{"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_positions": 128, "eos_token_id": 1023}""")
        .With("generation_config.json", """{"eos_token_id": [1023, 7]}""").With("tokenizer.json", "{}").With("tokenizer_config.json", """{"model_max_length": 1e30}""").With("model.safetensors");

    static SnippetModel Graph(Func<PortedGraph, PortedGraph> ports, string path = "onnx/model.onnx") => new SnippetModel().With(path, ports(new(new GraphBuilder("test"))).Bytes);

    static PortedGraph Ids(PortedGraph graph, string third = "token_type_ids")
    {
        foreach (var name in (string[])["input_ids", "attention_mask", third]) graph.Input(name, ElementType.Int64, "batch", "sequence");
        return graph;
    }

    static PortedGraph Picture(PortedGraph graph, ElementType type, int channels) => graph.Input("pixel_values", type, "batch", channels, 224, 224);

    static async Task CheckAsync(string name, string text)
    {
        var file = Path.Combine(Folder(), name + ".txt");
        if (Environment.GetEnvironmentVariable("MODELZOO_ACCEPT") is { Length: > 0 })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, text.TrimEnd() + "\n");
        }
        Assert.Equal(await File.ReadAllTextAsync(file), text.TrimEnd() + "\n");
    }

    static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "snippets");

    /// <summary>A graph of which only the ports are looked at.</summary>
    sealed record PortedGraph(GraphBuilder Builder)
    {
        public byte[] Bytes => Builder.ToBytes();

        public PortedGraph Input(string name, ElementType type, params object[] axes)
        {
            Builder.Input(name, type, axes);
            return this;
        }

        public PortedGraph Output(string name, ElementType type, params object[] axes)
        {
            Builder.Output(name, type, axes);
            return this;
        }
    }

    /// <summary>The files of a model that is only in memory.</summary>
    sealed record SnippetModel : IModelFiles
    {
        readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

        public string Kind { get; init; } = "model";
        public bool IsServed { get; init; }
        public string? Task { get; init; }
        public string? Library { get; init; }

        public IReadOnlyList<ModelFile> Files => [.. _files.Select(file => new ModelFile(file.Key, file.Value.Length))];

        public SnippetModel With(string path, string content = "") => With(path, Encoding.UTF8.GetBytes(content));

        public SnippetModel With(string path, byte[] content)
        {
            _files[path] = content;
            return this;
        }

        public ValueTask<IByteSource> OpenAsync(string path, CancellationToken stop) => new(new MemoryByteSource(_files[path]));
    }
}
