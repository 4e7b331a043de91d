using ModelZoo.Weights;

namespace ModelZoo.Inference.Snippets;

/// <summary>Makes the snippets of one repository.</summary>
sealed class SnippetWriter
{
    /// <summary>A script that names each file is offered up to here; beyond, clients that list them do it better.</summary>
    const int MaxNamedFiles = 200;

    /// <summary>Where no file says how long an input may be: what encoders of BERT's kind take.</summary>
    const int StandardTokens = 512;

    readonly SnippetPlace _place;
    readonly ModelFacts _facts;
    readonly OnnxPlan? _plan;
    readonly GgufChoice? _gguf;
    readonly List<SnippetFile> _files = [];
    readonly Dictionary<string, object?> _values;

    public SnippetWriter(SnippetPlace place, ModelFacts facts)
    {
        (_place, _facts) = (place, facts);
        var isModel = place.Kind == "model";
        _plan = isModel ? OnnxPlan.Find(facts) : null;
        _gguf = isModel ? GgufChoice.Find(facts.Files) : null;
        _values = SnippetValues.Standard();
        Set(("endpoint", place.Endpoint), ("model", place.Id), ("address", place.Address), ("name", place.Name), ("kind", place.Kind), ("commit", place.Commit),
            ("config", facts.Has("config.json")), ("tokenizerConfig", facts.Has("tokenizer_config.json")), ("tokenizer", SnippetTasks.HasTokenizer(facts)),
            ("maxTokens", Math.Max(facts.MaxTokens ?? StandardTokens, 2)), ("context", facts.MaxTokens), ("padId", facts.PadId), ("padToken", facts.PadToken), ("endIds", facts.EndIds),
            ("multiLabel", facts.IsMultiLabel), ("chat", facts.HasChatTemplate));
    }

    public IReadOnlyList<SnippetFile> Write()
    {
        if (_facts.Files.Count == 0) return [];
        if (_place.Kind == "model") WriteModel();
        else WriteDownloads();
        return _files;
    }

    void WriteModel()
    {
        var task = SnippetTasks.Of(_facts);
        SetTask(task);
        var hasTransformers = SnippetTasks.HasTransformersWeights(_facts);
        if (hasTransformers && _facts.Library == "sentence-transformers") Add("python/sentence-transformers.py", "Python", "sentence-transformers compares two sentences.");
        if (hasTransformers) Add("python/transformers.py", "Python", "transformers loads the model and runs it once.", ("task", SnippetTasks.PythonPipeline(task)));
        if (_facts.BaseModel is { } parent) WriteAdapter(parent, task);
        var (python, javascript) = (hasTransformers ? SnippetTasks.PlainPipeline(task) : null, SnippetTasks.JavaScriptPipeline(_facts, task));
        if (javascript is var (name, dtype))
        {
            Set(("dtype", dtype));
            Add("javascript/transformers.mjs", "JavaScript", "transformers.js loads the model and runs it once.", ("task", name));
        }
        WriteScripts("py", python);
        WriteScripts("mjs", javascript?.Pipeline);
        if (_place.IsServed) WriteInfer(task);
        if (_gguf is not null) WriteGguf(_gguf);
        if (hasTransformers && SnippetTasks.IsVllm(_facts)) Add("shell/vllm.sh", "vLLM", "vLLM serves it with an OpenAI-compatible API; it needs a GPU.");
        WriteDownloads();
    }

    void WriteDownloads()
    {
        Add("python/download.py", "Python", "huggingface_hub brings all files.");
        Add("javascript/download.mjs", "JavaScript", "@huggingface/hub brings all files.");
        var all = _facts.Files.Select(file => file.Path).ToList();
        if (all.Count <= MaxNamedFiles) Add("csharp/Download.cs", "C#", "HttpClient brings all files and checks the large ones; one file, no package.", ("files", all));
        Add("shell/hf.sh", "hf", "The command line of huggingface_hub brings all files.");
        if (all.Count <= MaxNamedFiles) Add("shell/download.sh", "curl", "curl brings all files.", ("fetches", Fetches(all)));
        Add("shell/git.sh", "git", "git and git-lfs clone the repository and check the commit out.");
        Add("shell/zoo.sh", "zoo", "The hub's own command line brings all files and checks them.");
    }

    void WriteAdapter(string parent, string? task) => Add("python/peft.py", "Python", "PEFT puts the adapter on the model that it belongs to.",
        ("base", parent), ("baseRevision", _facts.BaseRevision),
        ("autoClass", new Raw(task switch { "text-classification" => "AutoModelForSequenceClassification", "feature-extraction" => "AutoModel", _ => "AutoModelForCausalLM" })),
        ("generate", task is not ("text-classification" or "feature-extraction")));

    /// <summary>With the graph where a script knows what it takes; else with a pipeline of transformers where there is one; else with the graph's bare numbers.</summary>
    void WriteScripts(string language, string? pipeline)
    {
        var plan = language == "mjs" && _plan is { HasJavaScript: false } ? null : _plan;
        if (pipeline is not null && plan is null or { Part: "tensors" }) WritePipeline(language, pipeline);
        else if (plan is not null) WriteOnnx(language, plan);
    }

    void WriteOnnx(string language, OnnxPlan plan)
    {
        var isPicture = plan.Part == "image";
        var isBare = plan.Part is "rows" or "tensors";
        var (folder, tool, runtime) = language == "py" ? ("python", "Python", "onnxruntime") : ("javascript", "JavaScript", "onnxruntime-node");
        (string, object?)[] values =
        [
            .. plan.Values.Select(pair => (pair.Key, pair.Value)), ("files", plan.Files), ("predict", new Raw(plan.Part)),
            ("jsonArguments", isBare), ("dropId", isBare), ("noFiles", isPicture), ("packages", Packages(language, plan.Part)),
        ];
        Add($"{folder}/onnx.{language}", tool, $"{runtime} runs the graph once.", values);
        AddScripts(language, runtime, hasServer: true, values);
        if (language == "mjs") WriteDocker(plan.Part);
    }

    /// <summary>Without the model's files: the hub runs it.</summary>
    void WriteInfer(string? task)
    {
        var takesFiles = _plan?.Part == "image" || (task is not null && SnippetTasks.TakesFiles(task));
        (string, object?)[] values =
        [
            ("noFiles", takesFiles), ("contentType", takesFiles ? "application/octet-stream" : "application/json"),
            ("example", _plan is { Part: "rows" } rows ? $"[{string.Join(", ", Enumerable.Repeat("0", (int)((rows.Values["width"] as long?) ?? 4)))}]" : "\"The answer came at once.\""),
        ];
        Add("shell/infer.sh", "curl", "The hub runs the model and answers.", values);
        Add("python/infer.py", "Python", "The hub runs the model and answers; nothing to install.", values);
        Add("javascript/infer.mjs", "JavaScript", "The hub runs the model and answers; nothing to install.", values);
        Add("csharp/Infer.cs", "C#", "The hub runs the model and answers; one file, no package.", values);
    }

    void WriteDocker(string part) => Add("shell/Dockerfile", "Docker", "server.mjs in a container, with the model inside.", ("packages", Packages("mjs", part)));

    /// <summary>Scripts for what transformers' own pipelines do, where no graph does it.</summary>
    void WritePipeline(string language, string pipeline)
    {
        AddScripts(language, language == "py" ? "transformers" : "transformers.js", !SnippetTasks.TakesFiles(pipeline),
            ("task", pipeline), ("predict", new Raw("pipeline")), ("packages", Packages(language, "pipeline")),
            ("examples", SnippetTasks.TakesFiles(pipeline) ? new List<string>() : (List<string>)["The answer came at once."]));
        if (language == "mjs" && !SnippetTasks.TakesFiles(pipeline)) WriteDocker("pipeline");
    }

    /// <param name="hasServer">Not where an input is a path: nobody who calls a server may name its files.</param>
    void AddScripts(string language, string runtime, bool hasServer, params (string, object?)[] values)
    {
        var (folder, tool) = language == "py" ? ("python", "Python") : ("javascript", "JavaScript");
        Add($"{folder}/batch.{language}", tool, $"Batch: {runtime} over a file or a folder, going on where it ended.", values);
        if (hasServer) Add($"{folder}/server.{language}", tool, $"Real time: a small HTTP server around {runtime}.", values);
    }

    void WriteGguf(GgufChoice gguf)
    {
        var address = string.Join('/', gguf.First.Split('/').Select(Uri.EscapeDataString));
        (string, object?)[] values =
        [
            ("gguf", gguf.First), ("ggufAddress", address), ("files", gguf.Files), ("fetches", Fetches(gguf.Files)), ("ollamaName", OllamaName()),
        ];
        Add("shell/llama.cpp.sh", "llama.cpp", "llama.cpp serves it with an OpenAI-compatible API.", values);
        Add("javascript/llama.mjs", "JavaScript", "node-llama-cpp runs it inside Node.", values);
        if (gguf.Files.Count == 1) Add("shell/ollama.sh", "Ollama", "Ollama gets it under a name and runs it.", values);
    }

    /// <summary>Letters and digits only: whatever the repository is called, it is one word without an option's dash.</summary>
    string OllamaName()
    {
        var name = string.Concat(_place.Name.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
        return $"{(name.Length > 0 ? name : "model")}:{_place.Commit[..Math.Min(8, _place.Commit.Length)]}";
    }

    static Raw Fetches(IEnumerable<string> paths) => new(string.Join('\n', paths.Select(path =>
    {
        var address = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        var words = $"fetch {Literal.Text(ScriptLanguage.Shell, path)}";
        return address == path ? words : $"{words} {Literal.Text(ScriptLanguage.Shell, address)}";
    })));

    /// <summary>JavaScript's are pinned to what the tests of this project run; see test/ModelZoo.Conformance/js/package-lock.json.</summary>
    static Raw Packages(string language, string part) => new((language, part) switch
    {
        ("py", "pipeline") => "transformers torch pillow",
        ("py", "text" or "generate") => "huggingface_hub numpy onnxruntime tokenizers",
        ("py", "image") => "huggingface_hub numpy onnxruntime pillow",
        ("py", _) => "huggingface_hub numpy onnxruntime",
        (_, "pipeline") => "@huggingface/transformers@4.3.1",
        (_, "text" or "generate") => "onnxruntime-node@1.30.0 @huggingface/tokenizers@0.2.0",
        (_, "image") => "onnxruntime-node@1.30.0 sharp@0.35.4",
        _ => "onnxruntime-node@1.30.0",
    });

    /// <summary>What the scripts that run once begin with.</summary>
    void SetTask(string? task)
    {
        var isGenerating = task is "text-generation" or "text2text-generation";
        Set(("chat", _facts.HasChatTemplate), ("generate", isGenerating && !_facts.HasChatTemplate), ("masked", task == "fill-mask"),
            ("text", task is "text-classification" or "token-classification" or "feature-extraction" or "summarization" or "translation"));
        var isChatting = isGenerating && _facts.HasChatTemplate;
        Set(("chat", isChatting || (_gguf is not null && task is null && _facts.HasChatTemplate)));
        Set(("other", !isChatting && _values["generate"] is not true && _values["masked"] is not true && _values["text"] is not true));
    }

    void Set(params ReadOnlySpan<(string Name, object? Value)> values)
    {
        foreach (var (name, value) in values) _values[name] = value;
    }

    void Add(string template, string tool, string about, params ReadOnlySpan<(string Name, object? Value)> more)
    {
        var values = new Dictionary<string, object?>(_values);
        foreach (var (name, value) in more) values[name] = value;
        var (folder, name2) = (template[..template.IndexOf('/')], template[(template.IndexOf('/') + 1)..]);
        _files.Add(new(name2, tool, name2 == "Dockerfile" ? "docker" : folder, about, ScriptTemplate.Render(template, values)));
    }
}
