using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace ModelZoo.Inference.Serving;

/// <summary>
/// A worker: opens the model that the first message names, then answers messages, many at once, until its input ends. Messages have an <c>id</c>; answers
/// repeat it with <c>kind</c> part, done or error.
/// </summary>
public static class WorkerLoop
{
    /// <param name="open">Opens the model that a message describes.</param>
    public static async Task RunAsync(Stream input, Stream output, Func<JsonObject, CancellationToken, Task<ServedModel>> open, CancellationToken stop)
    {
        using var frames = new FramePipe(input, output);
        if (await frames.ReadAsync(stop) is not { } first) return;
        ServedModel model;
        try
        {
            model = await open(first.Json, stop);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await frames.WriteAsync(Error(first.Json, e), default, stop);
            return;
        }
        using (model)
        {
            await frames.WriteAsync(new() { ["id"] = Id(first.Json), ["kind"] = "done", ["answer"] = model.Describe() }, default, stop);
            var running = new ConcurrentDictionary<long, CancellationTokenSource>();
            while (await frames.ReadAsync(stop) is { } message)
            {
                if (message.Json.Text("op") == "cancel")
                {
                    if (running.TryGetValue(Id(message.Json), out var source)) await source.CancelAsync();
                    continue;
                }
                var own = running[Id(message.Json)] = CancellationTokenSource.CreateLinkedTokenSource(stop);
                _ = Task.Run(async () =>
                {
                    await AnswerAsync(frames, model, message, own.Token);
                    running.TryRemove(Id(message.Json), out _);
                    own.Dispose();
                }, CancellationToken.None);
            }
        }
    }

    static long Id(JsonObject message) => message.Long("id") ?? 0;

    static async Task AnswerAsync(FramePipe frames, ServedModel model, Frame message, CancellationToken stop)
    {
        var id = Id(message.Json);
        try
        {
            Func<JsonObject, Task>? part = message.Json.Flag("stream") ? piece => frames.WriteAsync(new() { ["id"] = id, ["kind"] = "part", ["answer"] = piece }, default, stop) : null;
            var answer = await model.AskAsync(message.Json, message.Bytes, part, stop);
            await frames.WriteAsync(new() { ["id"] = id, ["kind"] = "done", ["answer"] = answer.Json }, answer.Bytes, CancellationToken.None);
        }
        catch (IOException)
        {
            // The hub went away; the end of the input follows.
        }
        catch (Exception e)
        {
            try
            {
                await frames.WriteAsync(Error(message.Json, e), default, CancellationToken.None);
            }
            catch (IOException)
            {
                // The same.
            }
        }
    }

    static JsonObject Error(JsonObject message, Exception e) => new()
    {
        ["id"] = Id(message),
        ["kind"] = "error",
        ["fault"] = e switch { InferenceException inference => inference.Fault.ToString(), OperationCanceledException => "Cancelled", OutOfMemoryException => nameof(InferenceFault.Limit), _ => "Bug" },
        ["message"] = e switch { InferenceException => e.Message, OperationCanceledException => "The request was given up.", OutOfMemoryException => "There is not enough memory for this.", _ => $"{e.GetType().Name}: {e.Message}" },
    };
}
