using System.CommandLine;
using ModelZoo.Client;

namespace ModelZoo.Cli;

/// <summary>One run of a command that talks to a hub.</summary>
sealed class HubCall : IDisposable
{
    /// <summary>`--json`, shared by every command that has something a script would read.</summary>
    public static readonly Option<bool> Json = new("--json") { Description = "Print JSON" };

    HubCall(ParseResult parse, CancellationToken stop)
    {
        (Parse, Stop) = (parse, stop);
        Store = CredentialStore.Load();
        Endpoint = HubAccess.FindEndpoint(parse, Store);
        Zoo = HubAccess.Open(Endpoint, HubAccess.FindToken(parse, Store, Endpoint), useXet: parse.GetResult(HubAccess.NoXet) is null || !parse.GetValue(HubAccess.NoXet));
        Screen = new(parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error, parse.GetResult(Json) is not null && parse.GetValue(Json));
    }

    public ParseResult Parse { get; }

    public CancellationToken Stop { get; }

    public CredentialStore Store { get; }

    public Uri Endpoint { get; }

    public ZooClient Zoo { get; }

    public Screen Screen { get; }

    public T? Get<T>(Option<T> option) => Parse.GetValue(option);

    public T Get<T>(Argument<T> argument) => Parse.GetRequiredValue(argument);

    public void Dispose() => Zoo.Dispose();

    /// <summary>Work with a hub of a command that often needs none.</summary>
    public static async Task RunAsync(ParseResult parse, Func<HubCall, Task> work, CancellationToken stop)
    {
        using var call = new HubCall(parse, stop);
        await work(call);
    }

    /// <summary>Gives a command its work; an exception becomes one line in <see cref="ZooCommand"/>.</summary>
    public static Command On(Command command, Func<HubCall, Task> work)
    {
        command.SetAction(async (parse, stop) =>
        {
            using var call = new HubCall(parse, stop);
            await work(call);
            return 0;
        });
        return command;
    }
}
