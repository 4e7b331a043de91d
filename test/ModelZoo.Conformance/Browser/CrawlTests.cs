using System.Net;
using System.Text.RegularExpressions;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance.Browser;

/// <summary>Every link inside the hub, followed from the first page.</summary>
[Collection(nameof(BrowserZoo))]
public sealed partial class CrawlTests(BrowserZoo zoo)
{
    /// <summary>"A page is one HTML response under 60 kB" holds for pages; what shows a whole text file, a table of tensors or a difference is as long as that is.</summary>
    const int MaxPageBytes = 60_000;
    const int MaxContentPageBytes = 1_000_000;

    /// <summary>Links that multiply each other would be many thousands. What the browser's other tests make before is crawled, too, so the number is no exact one.</summary>
    const int MostPages = 4_000;

    [Theory]
    [InlineData(Viewer.Nobody, true)]
    [InlineData(Viewer.Owner, true)]
    [InlineData(Viewer.Administrator, true)]
    [InlineData(Viewer.Nobody, false)]
    [InlineData(Viewer.Administrator, false)]
    public async Task No_link_is_broken_and_no_page_is_heavy(Viewer viewer, bool full)
    {
        var hub = full ? zoo.Full : zoo.Empty;
        var cookies = await zoo.CookiesAsync(viewer, hub);
        using var client = hub.NewClient(token: null);
        if (cookies.Length > 0)
            client.DefaultRequestHeaders.Add("Cookie", cookies);
        var (faults, seen) = await CrawlAsync(client);
        Assert.True(faults.Count == 0, $"{seen} pages\n{string.Join('\n', faults)}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{seen} pages");
        Assert.InRange(seen, full ? 100 : 5, MostPages);
    }

    static async Task<(List<string> Faults, int Seen)> CrawlAsync(HttpClient client)
    {
        var faults = new List<string>();
        var known = new Dictionary<string, string> { ["/"] = "the start" };
        var anchors = new List<(string Page, string Target, string Anchor)>();
        var ids = new Dictionary<string, HashSet<string>>();
        var waiting = new Queue<string>(["/"]);
        var perForm = new Dictionary<string, int>();
        while (waiting.TryDequeue(out var address))
        {
            using var answer = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
            if ((int)answer.StatusCode is >= 300 and < 400)
            {
                // Nobody is led to the sign-in; that is no broken link.
                if (answer.Headers.Location is { } target) Note(address, target.IsAbsoluteUri ? target.PathAndQuery : target.OriginalString);
                continue;
            }
            // A card may name a picture that its repository lacks; the hostile one does.
            if (answer.StatusCode != HttpStatusCode.OK && !(address.EndsWith("/resolve/main/x", StringComparison.Ordinal) && answer.StatusCode == HttpStatusCode.NotFound))
            {
                faults.Add($"{(int)answer.StatusCode} for {address}, linked from {known[address]}");
                continue;
            }
            if (answer.Content.Headers.ContentType?.MediaType != "text/html" || address.Contains("/resolve/", StringComparison.Ordinal)) continue;
            var html = await answer.Content.ReadAsStringAsync();
            var most = ContentPage().IsMatch(address) ? MaxContentPageBytes : MaxPageBytes;
            if (html.Length > most) faults.Add($"{html.Length} characters: {address}");
            ids[address] = [.. Ids().Matches(html).Select(match => WebUtility.HtmlDecode(match.Groups[1].Value))];
            foreach (Match match in Links().Matches(html)) Note(address, WebUtility.HtmlDecode(match.Groups[1].Value));
        }
        foreach (var (page, target, anchor) in anchors)
            if (ids.TryGetValue(target, out var there) && !there.Contains(anchor)) faults.Add($"{page} links to {target}#{anchor}, and there is no such anchor");
        return (faults, known.Count);

        void Note(string page, string link)
        {
            if (link.StartsWith("http", StringComparison.Ordinal) || link.StartsWith("mailto:", StringComparison.Ordinal)) return;
            var absolute = new Uri(new Uri("http://hub" + page), link);
            var target = absolute.PathAndQuery;
            if (absolute.Fragment.Length > 1) anchors.Add((page, target, Uri.UnescapeDataString(absolute.Fragment[1..])));
            // Lists narrowed by three facets and more are many thousands, made by the same few lines.
            if (known.ContainsKey(target) || target.Count(c => c == '&') > 1) return;
            // Lists narrowed by every pair of values, and the 40th commit, teach nothing after the first dozens.
            var form = Form(target);
            var count = perForm[form] = perForm.GetValueOrDefault(form) + 1;
            if (count > (form.Contains('&') ? 5 : 40)) return;
            known[target] = page;
            waiting.Enqueue(target);
        }
    }

    /// <summary>The address without what differs between pages of one kind.</summary>
    static string Form(string address)
    {
        var (path, query) = address.Split('?', 2) is [var p, var q] ? (p, q) : (address, "");
        // A population has the same pages at every branch and commit, and one for each member.
        if (path.Split('/') is [_, _, _, "population", .. var rest]) return $"population/{rest.ElementAtOrDefault(1)}/{rest.Length}?{string.Join('&', query.Split('&').Select(pair => pair.Split('=')[0]).Order())}";
        var verb = path.Split('/').Skip(1).FirstOrDefault(part => part is "tree" or "blob" or "commit" or "commits" or "resolve" or "edit" or "delete" or "upload" or "compare" or "login" or "jobs" or "devices" or "workloads" or "use" or "snippets" or "try" or "evaluate" or "evaluations" or "leaderboards" or "benchmark" or "submit");
        return $"{verb ?? path}?{string.Join('&', query.Split('&').Select(pair => pair.Split('=')[0]).Order())}";
    }

    [GeneratedRegex("/(blob|tree|commit|compare|edit)(/|\\?)")]
    private static partial Regex ContentPage();

    [GeneratedRegex("<(?:a|link|script|img)\\b[^>]*?\\s(?:href|src)=\"([^\"]*)\"")]
    private static partial Regex Links();

    [GeneratedRegex("\\sid=\"([^\"]*)\"")]
    private static partial Regex Ids();
}
