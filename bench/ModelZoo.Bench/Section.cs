using System.Text;

namespace ModelZoo.Bench;

/// <summary>One measurement's result: a table, and sentences on how to read it.</summary>
sealed record Section(string Name, string Title, string Goal, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, IReadOnlyList<string> Notes)
{
    public string ToMarkdown(BenchOptions options, string loadBefore)
    {
        var text = new StringBuilder();
        text.Append($"## {Title}\n\n{Goal}\n\n");
        Line(text, Columns);
        Line(text, [.. Columns.Select((_, index) => index == 0 ? "---" : "---:")]);
        foreach (var row in Rows) Line(text, row);
        text.Append('\n');
        foreach (var note in Notes) text.Append($"- {note}\n");
        text.Append($"- Made by `./dev bench {Name}`{Changed()} on {DateTime.UtcNow:yyyy-MM-dd}: {Machine.Describe()}. "
            + $"Load average before {loadBefore}, after {Machine.Load()}.\n");
        return text.ToString();

        string Changed() => string.Concat(new[] { "BENCH_BYTES", "BENCH_ROUNDS", "BENCH_SECONDS", "BENCH_REPOSITORIES" }
            .Where(name => Environment.GetEnvironmentVariable(name) is { Length: > 0 })
            .Select(name => $" with {name}={Environment.GetEnvironmentVariable(name)}"));
    }

    static void Line(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
