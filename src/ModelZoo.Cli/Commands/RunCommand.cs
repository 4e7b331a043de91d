using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ModelZoo.Cli.Running;
using ModelZoo.Inference.Runtime;
using ModelZoo.Inference.Serving;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo run MODEL …`: asks a model on this machine: one thing, a conversation, or a whole file.</summary>
static class RunCommand
{
    static readonly Argument<string> s_model = new("MODEL") { Description = "A folder, or owner/name[@revision] on the hub (brought into a cache once)" };
    static readonly Argument<string[]> s_inputs = new("INPUT") { Description = "Texts, rows of numbers (1,2,3), or paths of pictures and sounds", Arity = ArgumentArity.ZeroOrMore };
    static readonly Option<string[]> s_text = new("--text") { Description = "A text (repeatable)" };
    static readonly Option<string[]> s_image = new("--image") { Description = "A picture (repeatable)" };
    static readonly Option<string?> s_prompt = new("--prompt") { Description = "A prompt to continue; the text appears as it is made" };
    static readonly Option<bool> s_chat = new("--chat") { Description = "Converse: each line of input is a message" };
    static readonly Option<string?> s_system = new("--system") { Description = "With --chat: how the model should behave" };
    static readonly Option<string?> s_task = new("--task") { Description = "What to ask, where the model does several things" };
    static readonly Option<int> s_top = new("--top") { Description = "Labels shown", DefaultValueFactory = _ => 5 };
    static readonly Option<string?> s_file = new("--file") { Description = "Ask everything in a file: .jsonl, .csv, .txt, or a folder of pictures" };
    static readonly Option<string?> s_out = new("--out") { Description = "With --file: where answers go, one JSON object a line" };
    static readonly Option<int> s_batch = new("--batch") { Description = "With --file: inputs asked together", DefaultValueFactory = _ => 16 };
    static readonly Option<bool> s_resume = new("--resume") { Description = "With --file: go on where an earlier run ended" };
    static readonly Option<int> s_tokens = new("--max-tokens") { Description = "Most new tokens", DefaultValueFactory = _ => 128 };
    static readonly Option<double> s_temperature = new("--temperature") { Description = "0 takes the likeliest token every time" };
    static readonly Option<double?> s_topP = new("--top-p") { Description = "Only the fewest tokens that together have this probability" };
    static readonly Option<int?> s_topK = new("--top-k") { Description = "Only so many of the likeliest tokens" };
    static readonly Option<long?> s_seed = new("--seed") { Description = "Makes what is drawn repeatable" };
    static readonly Option<string[]> s_stop = new("--stop") { Description = "A text that ends the continuation (repeatable)" };
    static readonly Option<string?> s_base = new("--base") { Description = "For an adapter: its base, a folder or owner/name" };
    static readonly Option<string?> s_adapter = new("--adapter") { Description = "A LoRA adapter to put on the model, a folder or owner/name" };
    static readonly Option<bool> s_merge = new("--merge") { Description = "Add the adapter into the weights instead of computing it beside them" };
    static readonly Option<int> s_threads = new("--threads") { Description = "Threads of one run; results differ in their last bits with it", DefaultValueFactory = _ => 1 };

    public static Command Build() => HubCall.On(new Command("run", "Ask a model on this machine")
    {
        s_model, s_inputs, s_text, s_image, s_prompt, s_chat, s_system, s_task, s_top, s_file, s_out, s_batch, s_resume, s_tokens, s_temperature, s_topP, s_topK, s_seed, s_stop, s_base, s_adapter, s_merge, s_threads,
        HubAccess.NoXet, HubCall.Json,
    }, RunAsync);

    static async Task RunAsync(HubCall call)
    {
        if (OnnxRuntime.Missing is { } missing) throw new UsageException(missing);
        var source = await ModelFolder.FindAsync(call, call.Get(s_model));
        using var model = await source.OpenAsync(call, call.Get(s_base), call.Get(s_adapter), call.Get(s_merge), call.Get(s_threads));
        if (call.Get(s_chat)) await ChatAsync(call, model);
        else if (call.Get(s_prompt) is { } prompt) await ContinueAsync(call, model, Generation(call, new() { ["prompts"] = new JsonArray(prompt) }));
        else if (call.Get(s_file) is { } file) await BatchAsync(call, model, source, file);
        else await OneByOneAsync(call, model);
    }

    static JsonObject Generation(HubCall call, JsonObject request)
    {
        (request["op"], request["max_tokens"], request["temperature"]) = ("complete", call.Get(s_tokens), call.Get(s_temperature));
        if (call.Get(s_topP) is { } mass) request["top_p"] = mass;
        if (call.Get(s_topK) is { } count) request["top_k"] = count;
        if (call.Get(s_seed) is { } seed) request["seed"] = seed;
        if (call.Get(s_stop) is { Length: > 0 } stops) request["stop"] = new JsonArray([.. stops.Select(stop => (JsonNode)stop)]);
        return request;
    }

    static JsonObject Request(HubCall call, ServedModel model)
    {
        var task = call.Get(s_task) ?? (model.Tasks.Count > 0 ? model.Tasks[0] : throw new UsageException("This model takes only raw tensors."));
        var parameters = task == "text-generation" ? Generation(call, new() { ["max_new_tokens"] = call.Get(s_tokens) }) : new() { ["top_k"] = call.Get(s_top) };
        foreach (var key in (string[])["op", "max_tokens"]) parameters.Remove(key);
        return new() { ["op"] = "infer", ["task"] = task, ["parameters"] = parameters };
    }

    static async Task OneByOneAsync(HubCall call, ServedModel model)
    {
        var asked = Request(call, model);
        var task = asked["task"]!.GetValue<string>();
        var inputs = call.Get(s_inputs).Select(text => RunInput.Of(text, task))
            .Concat((call.Get(s_text) ?? []).Select(text => new RunInput(text, JsonValue.Create(text), null)))
            .Concat((call.Get(s_image) ?? []).Select(path => File.Exists(path) ? new RunInput(path, null, path) : throw new UsageException($"There is no '{path}'."))).ToList();
        if (inputs.Count == 0)
        {
            Describe(call.Screen, model);
            return;
        }
        foreach (var input in inputs)
        {
            var request = (JsonObject)asked.DeepClone();
            if (input.Json is { } json) request["inputs"] = json.DeepClone();
            var answer = (await model.AskAsync(request, input.File is { } file ? await File.ReadAllBytesAsync(file, call.Stop) : [], null, call.Stop)).Json;
            if (call.Screen.IsJson) call.Screen.Json(new JsonObject { ["input"] = input.Id, ["task"] = task, ["outputs"] = answer["outputs"]?.DeepClone() });
            else Show(call.Screen, inputs.Count > 1 ? input.Id : null, answer["outputs"]);
        }
    }

    static void Describe(Screen screen, ServedModel model)
    {
        if (screen.IsJson)
        {
            screen.Json(model.Describe());
            return;
        }
        screen.Line($"It does: {(model.Tasks.Count == 0 ? "nothing but tensors" : string.Join(", ", model.Tasks))}{(model.Chat is null ? "" : ", chat")}");
        foreach (var port in model.Model.Session.Inputs) screen.Line($"in   {port}");
        foreach (var port in model.Model.Session.Outputs) screen.Line($"out  {port}");
    }

    static void Show(Screen screen, string? title, JsonNode? outputs)
    {
        if (title is not null) screen.Line($"{title}:");
        switch (outputs)
        {
            case JsonArray list when list.Count > 0 && list.All(item => item is JsonObject one && one["score"] is not null):
                screen.Table(["label", "score"], [.. list.Select(item => (string[])[$"{item!["label"] ?? item["token_str"] ?? item["entity_group"]}{Where(item)}", Real(item["score"]!).ToString("0.0000", CultureInfo.InvariantCulture)])]);
                break;
            case JsonObject one when one["generated_text"] is { } text: screen.Output.WriteLine(text.GetValue<string>()); break;
            default: screen.Line(outputs?.ToJsonString() ?? ""); break;
        }
    }

    /// <summary>A number of whatever width the node holds.</summary>
    static double Real(JsonNode number) => double.Parse(number.ToJsonString(), CultureInfo.InvariantCulture);

    static string Where(JsonNode item) => item["word"] is { } word ? $" \"{word}\"" : item["box"] is JsonObject box ? " at " + string.Join(", ", box.Select(pair => Real(pair.Value!).ToString("0", CultureInfo.InvariantCulture))) : "";

    /// <summary>Shows the text as it is made.</summary>
    static async Task<string> ContinueAsync(HubCall call, ServedModel model, JsonObject request)
    {
        var (screen, text) = (call.Screen, new System.Text.StringBuilder());
        var answer = (await model.AskAsync(request, default, piece =>
        {
            var shown = piece["text"]!.GetValue<string>();
            text.Append(shown);
            if (screen.IsJson) return Task.CompletedTask;
            // Line breaks are the model's to make; what would steer the terminal is not.
            screen.Output.Write(string.Join('\n', shown.Split('\n').Select(Screen.Clean)));
            return screen.Output.FlushAsync(call.Stop);
        }, call.Stop)).Json;
        if (screen.IsJson) screen.Json(new JsonObject { ["text"] = text.ToString(), ["promptTokens"] = answer["promptTokens"]!.DeepClone(), ["completionTokens"] = answer["completionTokens"]!.DeepClone(), ["seed"] = answer["seed"]!.DeepClone() });
        else screen.Output.WriteLine();
        return text.ToString();
    }

    static async Task ChatAsync(HubCall call, ServedModel model)
    {
        if (model.Chat is null) throw new UsageException("The model has no chat template; --prompt continues a text.");
        var messages = new JsonArray();
        if (call.Get(s_system) is { } system) messages.Add(new JsonObject { ["role"] = "system", ["content"] = system });
        while (true)
        {
            if (call.Screen.IsInteractive) call.Screen.Output.Write("> ");
            if (await Console.In.ReadLineAsync(call.Stop) is not { } line || line is "/exit" or "/quit") return;
            if (line.Length == 0) continue;
            messages.Add(new JsonObject { ["role"] = "user", ["content"] = line });
            var answer = await ContinueAsync(call, model, Generation(call, new() { ["messages"] = messages.DeepClone() }));
            messages.Add(new JsonObject { ["role"] = "assistant", ["content"] = answer });
        }
    }

    static async Task BatchAsync(HubCall call, ServedModel model, ModelFolder source, string file)
    {
        var output = call.Get(s_out) ?? throw new UsageException("--out says where the answers go.");
        if (call.Get(s_batch) is < 1 or > 1024) throw new UsageException("--batch must be 1 to 1024.");
        var screen = call.Screen;
        var (done, failed, skipped) = await new BatchRun(model, source, Request(call, model), call.Get(s_batch)).RunAsync(file, output, call.Get(s_resume), count =>
        {
            if (screen.ShowsProgress) screen.Error.Write($"\r{count} answered");
        }, call.Stop);
        if (screen.ShowsProgress) screen.Error.WriteLine();
        if (screen.IsJson) screen.Json(new { output, done, failed, skipped });
        else screen.Line($"{done} answered into {output}{(skipped > 0 ? $", {skipped} were there already" : "")}{(failed > 0 ? $"; {failed} of them are errors" : "")}");
    }
}
