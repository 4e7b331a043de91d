using System.Text;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Pushes;

namespace ModelZoo.Hub.Facades.GitHttp;

/// <summary>What a client wants changed, and what it understands.</summary>
sealed record ReceivePackRequest(IReadOnlyList<PushCommand> Commands, IReadOnlySet<string> Capabilities)
{
    public bool IsAtomic => Capabilities.Contains("atomic");

    public bool HasBands => Capabilities.Contains("side-band-64k");

    public bool WantsReport => Capabilities.Contains("report-status") || Capabilities.Contains("report-status-v2");
}

/// <summary>The wire form of pushes (gitprotocol-pack, "Pushing data to a server"), version 0 and 1.</summary>
static class ReceivePackProtocol
{
    const string Capabilities = "report-status report-status-v2 delete-refs side-band-64k quiet atomic ofs-delta object-format=sha1 agent=modelzoo";

    /// <summary>More commands than this are refused in words; each is a row that one transaction writes.</summary>
    public const int MaxCommands = 50_000;

    static readonly string s_zero = new('0', 40);

    public static byte[] Advertise(IReadOnlyList<Reference> references)
    {
        var output = new MemoryStream();
        var capabilities = "\0" + Capabilities;
        if (references.Count == 0) PktLine.Write(output, $"{s_zero} capabilities^{{}}{capabilities}\n");
        foreach (var reference in references.OrderBy(reference => reference.Name, StringComparer.Ordinal))
        {
            PktLine.Write(output, $"{reference.TargetId} {reference.Name}{capabilities}\n");
            capabilities = "";
        }
        PktLine.WriteFlush(output);
        return output.ToArray();
    }

    /// <returns>Null for the empty request by which a client tries whether it may push.</returns>
    /// <exception cref="Refusal">Malformed, or more than is taken.</exception>
    public static async Task<ReceivePackRequest?> ReadAsync(Stream body, CancellationToken stop)
    {
        var lines = new PktLineReader(body);
        var commands = new List<PushCommand>();
        var capabilities = new HashSet<string>();
        try
        {
            while (await lines.ReadAsync(stop) is { } kind)
            {
                if (kind == PktKind.Flush) return commands.Count == 0 ? null : new(commands, capabilities);
                if (kind != PktKind.Data) throw Refusal.Invalid("The commands of a push have a mark among them that only the second protocol has.");
                var text = lines.Text;
                if (text.StartsWith("shallow ", StringComparison.Ordinal)) continue;       // whether all is here is found out from the objects
                if (text.StartsWith("push-cert", StringComparison.Ordinal)) throw Refusal.Invalid("Signed pushes are not supported.");
                if (commands.Count == 0 && text.IndexOf('\0') is >= 0 and var end)
                {
                    capabilities.UnionWith(text[(end + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
                    text = text[..end];
                }
                if (capabilities.Any(said => said.StartsWith("object-format=", StringComparison.Ordinal) && said != "object-format=sha1")) throw Refusal.Invalid("This hub keeps repositories of object format sha1.");
                commands.Add(Parse(text));
                if (commands.Count > MaxCommands) throw new Refusal(RefusalKind.TooLarge, $"A push may change at most {MaxCommands} references; push them in several goes.");
            }
        }
        catch (FormatException error)
        {
            throw Refusal.Invalid(error.Message);
        }
        throw Refusal.Invalid("The commands of the push end without a flush.");
    }

    static PushCommand Parse(string text)
    {
        if (text.Length < 83 || text[40] != ' ' || text[81] != ' ' || !ObjectId.TryParse(text[..40], out var before) || !ObjectId.TryParse(text[41..81], out var after))
            throw Refusal.Invalid("A command of the push is not \"old new name\".");
        return new(text[82..], before.Hex == s_zero ? null : before, after.Hex == s_zero ? null : after);
    }

    /// <summary>The answer to a push that could be read.</summary>
    public static byte[] Report(ReceivePackRequest request, PushOutcome outcome) => Report(request, "ok", outcome.References, outcome.Words);

    /// <summary>The answer when nothing was done.</summary>
    public static byte[] Refuse(ReceivePackRequest request, string problem) =>
        Report(request, OneLine(problem), [.. request.Commands.Select(command => new PushedReference(command, "nothing was changed"))], [problem]);

    static byte[] Report(ReceivePackRequest request, string unpacked, IReadOnlyList<PushedReference> references, IReadOnlyList<string> words)
    {
        var report = new MemoryStream();
        if (request.WantsReport)
        {
            PktLine.Write(report, $"unpack {unpacked}\n");
            foreach (var (command, problem) in references)
                PktLine.Write(report, problem is null ? $"ok {command.Name}\n" : $"ng {command.Name} {OneLine(problem)}\n");
            PktLine.WriteFlush(report);
        }
        if (!request.HasBands) return report.ToArray();
        var output = new MemoryStream();
        foreach (var line in words.SelectMany(text => text.Split('\n'))) PktLine.WriteBand(output, 2, Encoding.UTF8.GetBytes(Clean(line) + "\n"));
        PktLine.WriteBand(output, 1, report.ToArray());
        PktLine.WriteFlush(output);
        return output.ToArray();
    }

    static string OneLine(string text) => Clean(text.Length > 1000 ? text[..1000] + "…" : text);

    /// <summary>Words end up in a terminal, and some of them came from a client.</summary>
    static string Clean(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
