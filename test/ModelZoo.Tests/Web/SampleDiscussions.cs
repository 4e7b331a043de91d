using ModelZoo.Hub.Web;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Discussions;
using static ModelZoo.Tests.Web.Samples;

namespace ModelZoo.Tests.Web;

/// <summary>The pages of threads, with nothing to show and with plenty.</summary>
static class SampleDiscussions
{
    const string Commit = "9c1f0a7b6e5d4c3b2a190807f6e5d4c3b2a19080";

    static readonly FormState s_refused = new()
    {
        Values = new Dictionary<string, string> { ["title"] = "x", ["comment"] = "typed before" },
        Errors = new Dictionary<string, string> { ["title"] = "A title has three characters at least.", ["content"] = "Say something." },
        Problem = "It was not saved.",
    };

    public static IEnumerable<SamplePage> All()
    {
        yield return SamplePage.Of<DiscussionsPage>("discussions-empty", new DiscussionsPageModel(Frame(signedIn: false), Heading(full: false)) { TakesNew = false });
        yield return SamplePage.Of<DiscussionsPage>("discussions", new DiscussionsPageModel(Frame(), Heading() with { OpenDiscussions = 12 })
        {
            Items = [.. Enumerable.Range(1, 50).Select(i => Line(51 - i, s_status[i % 4], i % 3 == 0))],
            Statuses = [Choice("Open", 12, true), Choice("Closed", 3), Choice("All")], Kinds = [Choice("Everything", chosen: true), Choice("Discussions"), Choice("Pull requests")],
            NextPage = Href.Local("/ada/shakespeare-gpt2/discussions?status=open&skip=50"),
        });
        yield return SamplePage.Of<DiscussionPage>("discussion-bare", new DiscussionPageModel(Frame(signedIn: false), Heading(full: false), Line(1, "open", false)) { Items = [Item(0, "comment")] });
        yield return SamplePage.Of<DiscussionPage>("pull-request", new DiscussionPageModel(Frame(), Heading(), Line(7, "open", true))
        {
            Items = [.. Enumerable.Range(0, 12).Select(i => Item(i, s_kinds[i % 5]))],
            Change = new("refs/pr/7", "main") { HeadId = Commit, HasCommits = true }, MayComment = true, MayKeep = true, MayMerge = true,
            FirstPage = Href.Local("/ada/shakespeare-gpt2/discussions/7"), NextPage = Href.Local("/ada/shakespeare-gpt2/discussions/7?from=40"),
        });
        yield return SamplePage.Of<DiscussionPage>("pull-request-conflict", new DiscussionPageModel(Frame(), Heading(), Line(8, "open", true))
        {
            Items = [Item(0, "comment")], Change = new("refs/pr/8", "main") { HeadId = Commit, HasCommits = true, Conflicts = [.. Enumerable.Range(1, 30).Select(i => $"folder/with/a-file-{i}.json")] },
            MayComment = true, MayKeep = true, MayMerge = true, Comment = s_refused, Title = s_refused,
        });
        foreach (var status in s_status)
            yield return SamplePage.Of<DiscussionPage>($"pull-request-{status}", new DiscussionPageModel(Frame(), Heading(), Line(9, status, true))
            {
                Items = [Item(0, "comment")], Change = new("refs/pr/9", "main") { HeadId = status == "closed" ? null : Commit, MergeId = status == "merged" ? Commit : null }, MayComment = true, MayKeep = true,
            });
        yield return SamplePage.Of<DiscussionFilesPage>("pull-request-files-empty", new DiscussionFilesPageModel(Frame(), Heading(), Line(7, "draft", true), new("refs/pr/7", "main")));
        yield return SamplePage.Of<DiscussionFilesPage>("pull-request-files", new DiscussionFilesPageModel(Frame(), Heading(), Line(7, "open", true), new("refs/pr/7", "main") { HeadId = Commit })
        {
            Files = [new("README.md", "changed", 1, 1, ModelZoo.Git.TextDiff.Hunks("a\nb\nc\n", "a\nB\nc\n"))], MoreFiles = 2,
        });
        yield return SamplePage.Of<NewDiscussionPage>("discussion-new", new NewDiscussionPageModel(Frame(), Heading(), FormState.Empty));
        yield return SamplePage.Of<NewDiscussionPage>("discussion-new-refused", new NewDiscussionPageModel(Frame(), Heading(), s_refused));
        yield return SamplePage.Of<EditCommentPage>("comment-edit", new EditCommentPageModel(Frame(), Heading(), Line(7, "open", false), "00000000000000001b2c3d4e", "What it says", s_refused));
    }

    static readonly string[] s_status = ["open", "closed", "draft", "merged"];
    static readonly string[] s_kinds = ["comment", "commit", "title-change", "status-change", "comment"];

    static DiscussionLine Line(long number, string status, bool isPullRequest) =>
        new(number, isPullRequest ? "Add the ONNX weights in half precision" : "Which tokenizer was it trained with?", status, isPullRequest, "grace", Now.AddHours(-number * 5)) { Comments = number };

    static DiscussionItem Item(int i, string kind) => new($"{i:x24}", kind, i % 2 == 0 ? "grace" : "ada", Now.AddHours(-40 + i))
    {
        Subject = kind == "status-change" ? "closed" : "A new title", Detail = kind == "commit" ? Commit : "An old title",
        Text = i % 3 == 0 ? Hub.Kernel.SanitisedHtml.FromSanitiser($"<p>What somebody says, the {i}th time.</p>") : default, IsHidden = i % 5 == 4, IsEdited = i % 2 == 1, MayEdit = i % 2 == 0, MayHide = true,
    };

    static DiscussionChoice Choice(string label, long? count = null, bool chosen = false) => new(label, count, chosen, Href.Local("/ada/shakespeare-gpt2/discussions?status=all"));
}
