using System.Text.RegularExpressions;

namespace ModelZoo.Tests.Conventions;

/// <summary>Keeps the house in shape: who may see whom, how long a file may be, where SQL and access decisions live.</summary>
public sealed partial class ConventionsTests
{
    const int MaxLines = 400;

    /// <summary>Rooms of the hub from the ground up. A room sees those on lower floors only; rooms of one floor never see each other.</summary>
    static readonly string[][] s_floors =
    [
        ["Kernel"],
        ["Database", "Storage"],
        ["Jobs"],
        ["Cluster"],
        ["Accounts"],
        ["Repositories"],
        ["Serving"],
        ["Evaluations", "Cards", "Profiles", "Conversions", "Populations", "Search", "Maintenance", "Community", "Operations", "Mirrors", "Xet"],
        ["Facades"],
        ["Web"],
    ];

    [Fact]
    public void A_room_of_the_hub_sees_only_the_floors_below_it()
    {
        var floorOf = s_floors.SelectMany((rooms, floor) => rooms.Select(room => (room, floor))).ToDictionary(p => p.room, p => p.floor);
        var wrong = new List<string>();
        foreach (var file in Sources("src/ModelZoo.Hub").Where(f => f.Path.Count(c => c == '/') > 2))
        {
            var room = file.Path.Split('/')[2];
            Assert.True(floorOf.ContainsKey(room), $"{file.Path}: the room '{room}' has no floor; give it one in ConventionsTests.");
            foreach (var seen in SeenRooms().Matches(file.Text).Select(m => m.Groups[1].Value).Distinct())
            {
                if (seen == room || !floorOf.TryGetValue(seen, out var floor)) continue;
                // Pages and facades compose what is below them, and never each other. Rendering of errors as pages is registered from outside.
                if (floor >= floorOf[room]) wrong.Add($"{file.Path} sees {seen}");
            }
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Libraries_see_only_what_the_architecture_allows()
    {
        Dictionary<string, string[]> allowed = new()
        {
            ["ModelZoo.Git"] = [],
            ["ModelZoo.Weights"] = [],
            ["ModelZoo.Xet"] = [],
            ["ModelZoo.Profiling"] = ["ModelZoo.Weights"],
            ["ModelZoo.Inference"] = ["ModelZoo.Weights"],
            ["ModelZoo.Evaluation"] = ["ModelZoo.Weights", "ModelZoo.Inference"],
            ["ModelZoo.Learning"] = ["ModelZoo.Weights"],
            ["ModelZoo.Client"] = ["ModelZoo.Git", "ModelZoo.Xet"],
            ["ModelZoo.Hub"] = ["ModelZoo.Git", "ModelZoo.Weights", "ModelZoo.Profiling", "ModelZoo.Xet", "ModelZoo.Inference", "ModelZoo.Evaluation", "ModelZoo.Learning"],
            ["ModelZoo.Cli"] = ["ModelZoo.Hub", "ModelZoo.Client", "ModelZoo.Profiling", "ModelZoo.Inference", "ModelZoo.Evaluation", "ModelZoo.Learning"],
        };
        foreach (var project in Directory.GetFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            var name = Path.GetFileNameWithoutExtension(project);
            Assert.True(allowed.ContainsKey(name), $"{name} is a new project; say in ConventionsTests and ARCHITECTURE.md what it may see.");
            var seen = ProjectReference().Matches(File.ReadAllText(project)).Select(m => m.Groups[1].Value);
            Assert.All(seen, other => Assert.Contains(other, allowed[name]));
        }
    }

    [Fact]
    public void No_source_file_is_longer_than_four_hundred_lines()
    {
        var long_ = Sources("src").Concat(Sources("test")).Where(f => f.Text.Count(c => c == '\n') > MaxLines).Select(f => $"{f.Path}: {f.Text.Count(c => c == '\n')} lines");
        Assert.Empty(long_);
    }

    [Fact]
    public void Sql_stands_only_in_stores_and_queries()
    {
        string[] homes = ["Store.cs", "Query.cs", "Queries.cs", "Reader.cs", "Writer.cs", "Projection.cs", "Lifecycle.cs", "Counter.cs"];
        var wrong = Sources("src/ModelZoo.Hub")
            .Where(f => !f.Path.Contains("/Database/") && !f.Path.Contains("/Maintenance/") && !homes.Any(home => f.Path.EndsWith(home, StringComparison.Ordinal)))
            .Where(f => SqlText().IsMatch(f.Text))
            .Select(f => f.Path);
        Assert.Empty(wrong);
    }

    [Fact]
    public void Only_the_access_policy_makes_proofs_of_access()
    {
        var wrong = Sources("src").Where(f => !f.Path.EndsWith("AccessPolicy.cs", StringComparison.Ordinal))
            .Where(f => NewCapability().IsMatch(f.Text)).Select(f => f.Path);
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_endpoint_takes_a_capability_or_says_why_it_is_public()
    {
        string[] proofs = ["ReadableRepository", "ContributingRepository", "WritableRepository", "AdministeredRepository", "Actor", "SignedIn", "Administrator", "CasReader", "CasWriter"];
        var wrong = new List<string>();
        foreach (var endpoint in HubEndpoints.All())
        {
            var parameters = endpoint.Metadata.OfType<System.Reflection.MethodInfo>().SelectMany(m => m.GetParameters()).Select(p => p.ParameterType.Name);
            if (!parameters.Any(proofs.Contains) && endpoint.Metadata.GetMetadata<Hub.Kernel.Public>() is null) wrong.Add(endpoint.DisplayName ?? "?");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Colours_stand_only_among_the_tokens()
    {
        var wrong = Directory.Exists(Path.Combine(Root, "src/ModelZoo.Hub/Web"))
            ? Directory.GetFiles(Path.Combine(Root, "src/ModelZoo.Hub/Web"), "*", SearchOption.AllDirectories)
                .Where(f => Path.GetExtension(f) is ".css" or ".razor" or ".cs" && !f.EndsWith("tokens.css", StringComparison.Ordinal))
                .Where(f => HardColour().IsMatch(File.ReadAllText(f))).Select(f => Path.GetRelativePath(Root, f))
            : [];
        Assert.Empty(wrong);
    }

    [Fact]
    public void No_type_hides_behind_a_word_that_says_nothing()
    {
        var wrong = Sources("src").SelectMany(f => TypeName().Matches(f.Text).Select(m => m.Groups[1].Value)
            .Where(name => Banned().IsMatch(name) && name != "TensorInfo").Select(name => $"{f.Path}: {name}"));
        Assert.Empty(wrong);
    }

    static IEnumerable<(string Path, string Text)> Sources(string folder) =>
        Directory.GetFiles(Path.Combine(Root, folder), "*.*", SearchOption.AllDirectories)
            .Where(f => Path.GetExtension(f) is ".cs" or ".razor" && !f.Contains("/obj/") && !f.Contains("/bin/") && !f.Contains("/node_modules/"))
            .Select(f => (Path.GetRelativePath(Root, f), File.ReadAllText(f)));

    static string Root { get; } = FindRoot();

    static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ModelZoo.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run below the solution's folder.");
    }

    [GeneratedRegex(@"(?:using (?:static )?|(?<![\w.]))ModelZoo\.Hub\.([A-Z]\w+)")]
    private static partial Regex SeenRooms();

    [GeneratedRegex(@"ProjectReference Include=""[^""]*/([\w.]+)\.csproj""")]
    private static partial Regex ProjectReference();

    [GeneratedRegex(@"""\s*(select\s[^""]*\sfrom\s|insert into\s|update \w+\s+set\s|delete from\s)", RegexOptions.Singleline)]
    private static partial Regex SqlText();

    [GeneratedRegex(@"new (Readable|Contributing|Writable|Administered)Repository\(")]
    private static partial Regex NewCapability();

    [GeneratedRegex(@"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b(?=\s*[;""])|\brgba?\(|\bhsla?\(|\boklch\(")]
    private static partial Regex HardColour();

    [GeneratedRegex(@"\b(?:class|record|struct|interface|enum)\s+([A-Z]\w*)")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"(Manager|Helper|Util|Utils|Info|Dto|Impl|Service)$")]
    private static partial Regex Banned();
}
