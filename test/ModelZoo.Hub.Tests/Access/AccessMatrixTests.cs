using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ModelZoo.Hub.Tests.Access;

/// <summary>
/// Every endpoint that the hub maps, asked by everybody there is, for a public and a private repository: who gets what stands
/// in access-matrix.txt, one line each. A new endpoint fails this test with the line to add; read it, and add it if it is
/// right. MODELZOO_ACCEPT=1 writes the file anew. Access does not depend on the database, so SQLite stands for both.
/// </summary>
public sealed class AccessMatrixTests(MatrixHub hub) : IClassFixture<MatrixHub>
{
    [Fact]
    public async Task Everybody_gets_what_the_matrix_says_from_every_endpoint()
    {
        using var cast = await MatrixCast.MakeAsync(hub);
        var actual = new List<string>();
        foreach (var row in Rows())
            foreach (var visibility in row.NeedsRepository ? (string[])["public", "private"] : ["-"])
            {
                var statuses = new List<string>();
                foreach (var (name, token) in cast.Actors)
                    statuses.Add(await cast.AskAsync(row, visibility == "private", name, token));
                actual.Add(Line(row.Method, row.Pattern, visibility, statuses));
            }
        Compare(actual.Order(StringComparer.Ordinal).ToList(), cast.Actors.Select(actor => actor.Name).ToList());
    }

    [Fact]
    public async Task To_whoever_may_not_see_it_a_private_repository_answers_exactly_like_a_missing_one()
    {
        using var cast = await MatrixCast.MakeAsync(hub);
        var told = new List<string>();
        foreach (var row in Rows().Where(row => row.NeedsRepository))
            foreach (var (name, token) in cast.Actors.Where(actor => actor.Name is "nobody" or "stranger" or "expired" or "elsewhere"))
            {
                var hidden = await cast.TellAsync(row, token, missing: false);
                var missing = await cast.TellAsync(row, token, missing: true);
                if (hidden != missing) told.Add($"{row.Method} {row.Pattern} tells {name} apart:\n--- private\n{hidden}\n--- missing\n{missing}");
            }
        Assert.True(told.Count == 0, string.Join("\n\n", told));
    }

    List<MatrixRow> Rows() =>
    [
        .. hub.App.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(MatrixRow.Of)
            .DistinctBy(row => (row.Method, row.Pattern))
            .OrderBy(row => row.Pattern, StringComparer.Ordinal).ThenBy(row => row.Method, StringComparer.Ordinal),
    ];

    static string Line(string method, string pattern, string visibility, IReadOnlyList<string> statuses) =>
        $"{pattern,-70} {method,-6} {visibility,-7} {string.Join(' ', statuses.Select(s => s.PadLeft(9)))}".TrimEnd();

    static void Compare(List<string> actual, IReadOnlyList<string> actors)
    {
        var file = GoldenFile();
        var header = $"""
            # What each actor gets from each endpoint: the status of its answer. Repositories are public or private; "-" where none is named.
            # nobody: no credentials. stranger: an account without rights here. reader, writer: collaborators. owner: administers the repository.
            # admin: administers the hub. expired: a token past its date. readtoken: the owner's, of role read. elsewhere: the owner's, for another repository only.
            {"#" + Line("", "", "", actors)[1..]}

            """;
        if (Environment.GetEnvironmentVariable("MODELZOO_ACCEPT") is { Length: > 0 })
        {
            File.WriteAllText(file, header.ReplaceLineEndings("\n") + string.Join('\n', actual) + "\n");
            return;
        }
        var expected = File.ReadAllLines(file).Where(line => line.Length > 0 && line[0] != '#').ToList();
        var words = new StringBuilder();
        foreach (var line in actual.Except(expected)) words.AppendLine($"+ {line}");
        foreach (var line in expected.Except(actual)) words.AppendLine($"- {line}");
        Assert.True(words.Length == 0, $"Access differs from {Path.GetFileName(file)}. Lines to add (+) and to remove (-), if they are right:\n{words}");
    }

    static string GoldenFile([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "access-matrix.txt");
}
