using System.CommandLine;
using System.Text.Json.Nodes;
using ModelZoo.Inference.Runtime;
using ModelZoo.Inference.Serving;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo model-worker`: runs one model for a hub that talks to it over standard input and output. Hubs start it, not people.</summary>
static class ModelWorkerCommand
{
    public static Command Build()
    {
        var command = new Command("model-worker", "Run a model for the hub that started this") { Hidden = true };
        command.SetAction(async (_, stop) =>
        {
            using var input = Console.OpenStandardInput();
            using var output = Console.OpenStandardOutput();
            // What anybody prints must not get between the messages.
            Console.SetOut(Console.Error);
            await WorkerLoop.RunAsync(input, output, OpenAsync, stop);
            return 0;
        });
        return command;
    }

    static Task<ServedModel> OpenAsync(JsonObject message, CancellationToken stop)
    {
        var threads = message["threads"]?.GetValue<int>() ?? 1;
        var folder = message["folder"]?.GetValue<string>() ?? throw new InvalidDataException("The first message names no folder.");
        var adapters = (message["adapters"] as JsonArray ?? []).Select(path => path!.GetValue<string>()).ToList();
        return ServedModel.OpenAsync(folder, new() { Open = new() { Settings = SessionSettings.Default with { Threads = threads }, Adapters = adapters }, Concurrency = Math.Max(2, threads) }, stop);
    }
}
