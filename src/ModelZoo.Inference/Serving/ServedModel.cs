using System.Text.Json.Nodes;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Generation;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Inference.Serving;

/// <summary>How a model is served.</summary>
public sealed record ServedOptions
{
    public OpenOptions Open { get; init; } = new();

    /// <summary>Requests that are put into one run, and how long a run waits for more of them.</summary>
    public int Batch { get; init; } = 16;

    public TimeSpan Window { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Runs that may compute at once.</summary>
    public int Concurrency { get; init; } = 1;
}

/// <summary>
/// A loaded model that answers requests as they arrive from outside: JSON, and bytes for pictures, sounds and raw tensors. Requests of one kind that come together are
/// run together. Any number of threads may ask.
/// </summary>
public sealed class ServedModel : IDisposable
{
    readonly RunnableModel _model;
    readonly SemaphoreSlim _turns;
    readonly InferTasks _tasks;
    readonly CompletionTask? _completions;

    ServedModel(RunnableModel model, ChatPrompt? chat, ServedOptions options)
    {
        (_model, Chat) = (model, chat);
        _turns = new(Math.Max(1, options.Concurrency));
        var language = model.Capabilities.Contains(Capability.Generate) ? model.LanguageModel() : null;
        _completions = language is null ? null : new(language, chat);
        _tasks = new(model, language, options);
    }

    public RunnableModel Model => _model;

    /// <summary>Makes prompts from messages; null when the model has no template for them.</summary>
    public ChatPrompt? Chat { get; }

    /// <summary>What it can be asked, in Hugging Face's names of tasks; the first is taken when a request names none.</summary>
    public IReadOnlyList<string> Tasks => _tasks.Names;

    /// <summary>Runs of the model so far, and the requests that were in them.</summary>
    public (long Runs, long Requests) BatchCounts => _tasks.Counts;

    public static async Task<ServedModel> OpenAsync(string folder, ServedOptions options, CancellationToken stop)
    {
        var model = await RunnableModel.OpenAsync(folder, options.Open, stop);
        try
        {
            return new(model, await ChatPrompt.FindAsync(folder, model, stop), options);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>What it takes and gives, for whoever wants to ask.</summary>
    public JsonObject Describe()
    {
        var json = new JsonObject
        {
            ["engine"] = OnnxRuntime.Engine,
            ["tasks"] = RequestParts.Array(Tasks, name => JsonValue.Create(name)),
            ["chat"] = Chat is not null,
            ["inputs"] = RequestParts.Array(_model.Session.Inputs, Describe),
            ["outputs"] = RequestParts.Array(_model.Session.Outputs, Describe),
            ["labels"] = RequestParts.Array(_model.Labels.Take(10_000), label => JsonValue.Create(label)),
        };
        if (_completions?.Model is { } language)
        {
            json["contextLength"] = language.MaxLength;
            json["vocabulary"] = language.Tokenizer.VocabularySize;
        }
        if (_tasks.Mask is { } mask) json["mask"] = mask;
        return json;
    }

    static JsonObject Describe(Port port) => new()
    {
        ["name"] = port.Name, ["datatype"] = TensorProtocol.NameOf(port.Type), ["shape"] = RequestParts.Array(port.Shape, length => JsonValue.Create(length)),
    };

    /// <summary>
    /// Answers one request. <c>op</c> is infer, complete, embed, tensors or describe; docs/serving.md says what belongs to each.
    /// </summary>
    /// <param name="bytes">What is not JSON: pictures and sounds (their lengths in <c>attachments</c>), raw tensors.</param>
    /// <param name="part">Gets pieces of the answer as they come, where the request streams.</param>
    /// <exception cref="InferenceException">The request does not fit the model, or the model failed.</exception>
    public async Task<Frame> AskAsync(JsonObject request, ReadOnlyMemory<byte> bytes, Func<JsonObject, Task>? part, CancellationToken stop)
    {
        switch (request.Text("op"))
        {
            case "describe": return new(Describe(), []);
            case "infer": return new(await _tasks.InferAsync(request, bytes, RunAsync, stop), []);
            case "embed": return new(await _tasks.EmbedAsync(request, RunAsync, stop), []);
            case "complete":
                var completions = _completions ?? throw RequestParts.Bad("This model does not continue texts.");
                return new(await RunAsync(() => completions.Run(request, part, stop), stop), []);
            case "tensors":
                var (outputs, rest) = await RunAsync(() => TensorProtocol.Run(_model.Session, request, bytes, stop), stop);
                return new(new() { ["outputs"] = outputs }, rest);
            case var other: throw RequestParts.Bad($"'{other}' is nothing that a model is asked.");
        }
    }

    /// <summary>Computes on a thread of its own, when it is its turn.</summary>
    async Task<T> RunAsync<T>(Func<T> work, CancellationToken stop)
    {
        await _turns.WaitAsync(stop);
        try
        {
            return await Task.Run(work, CancellationToken.None);
        }
        finally
        {
            _turns.Release();
        }
    }

    public void Dispose()
    {
        _model.Dispose();
        _turns.Dispose();
    }
}
