using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Files;

/// <summary>…/edit/{branch}/{path}: a text file in a form; saving is a commit.</summary>
static class EditPageEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapRepositoryPage("/edit/{revision}/{**path}", OpenAsync);
        app.MapRepositoryForm("/edit/{revision}/{**path}", SaveAsync);
    }

    static async Task<IResult> OpenAsync(
        WritableRepository proof, RouteText revision, RouteText? path, HttpContext http, PageFrames frames, RepositoryPageParts parts, TreeReader trees, CancellationToken stop)
    {
        var (shown, at, text) = await LoadAsync(proof, revision, path, parts, trees, stop);
        var isNew = text is null;
        if (isNew && at.Value == "README.md") text = await SkeletonAsync(proof, shown, trees, stop);
        return new PageResult<EditPage>(await ModelAsync(proof, shown, at, text ?? "", isNew, FormState.Empty, http, frames, parts, stop));
    }

    static async Task<IResult> SaveAsync(
        WritableRepository proof, RouteText revision, RouteText? path, PostedForm form, HttpContext http, PageFrames frames, RepositoryPageParts parts,
        TreeReader trees, GitObjectStore objects, CommitWriter commits, HubOptions options, CancellationToken stop)
    {
        var (shown, at, before) = await LoadAsync(proof, revision, path, parts, trees, stop);
        var text = form.Raw("text");
        // Line ends stay as the file has them; the browser only sends one kind.
        var saved = before?.Contains("\r\n", StringComparison.Ordinal) == true ? text.Replace("\n", "\r\n") : text;
        var (findings, isRefused) = Check(proof.Repository, at, saved, options);
        var model = await ModelAsync(proof, shown, at, before ?? "", before is null, form.State(), http, frames, parts, stop);
        if (form.Text("action") == "preview")
            return new PageResult<EditPage>(model with { IsPreviewed = true, Findings = findings, Preview = parts.Render(proof.Repository, shown.Shown, at.Value, Card.Parse(text).Body) });
        if (isRefused)
            return new PageResult<EditPage>(model with { Findings = findings, Form = form.State("Nothing was saved: the metadata has errors.") }, 422);
        try
        {
            var blob = StoredObject.Blob(Encoding.UTF8.GetBytes(saved));
            await objects.AddAsync(proof.Repository.SpaceId, [blob], stop);
            var message = form.Text("message");
            var draft = new CommitDraft(message.Length > 0 ? message : $"Update {at}", "", ObjectId.TryParse(form.Text("parent"), out var parent) ? parent : null, [new PutFile(at, blob.Id)]);
            if (draft.Summary.Length > CommitDraft.MaxSummaryLength) throw Refusal.Invalid("The commit's title is too long.");
            if (await commits.WriteAsync(proof, shown.Resolved.Reference!, draft, stop) is CommitOutcome.Stale)
                return new PageResult<EditPage>(model with
                {
                    Form = form.State("Somebody committed to this branch while you were writing. Your text is still here; send it again to put it on top of theirs."),
                    Findings = findings,
                }, 412);
            return PageRouting.SeeOther((at.Value == "README.md" ? model.Repository.Links.Home : model.Repository.Links.Blob(shown.Shown, at.Value)).Value, "committed");
        }
        catch (Refusal refusal)
        {
            return new PageResult<EditPage>(model with { Form = form.State(refusal.Message) }, RefusalStatus.Of(refusal.Kind));
        }
    }

    static async Task<(ShownRevision Shown, RepoPath Path, string? Text)> LoadAsync(
        WritableRepository proof, RouteText revision, RouteText? path, RepositoryPageParts parts, TreeReader trees, CancellationToken stop)
    {
        var (shown, text) = await parts.ResolveAsync(proof, revision, path, stop);
        if (!shown.IsBranch) throw Refusal.Invalid($"'{shown.Shown}' is not a branch; edits are commits, and commits go to branches.");
        if (!RepoPath.TryParse(text, out var at, out var problem)) throw Refusal.Invalid(problem);
        var entry = await trees.FindAsync(proof.Repository.SpaceId, shown.Commit.Tree, at, stop);
        if (entry is null) return (shown, at, null);
        if (entry.IsFolder || entry.Pointer is not null || entry.BlobBytes > BlobPageModel.MaxTextBytes || entry.Mode == EntryMode.Submodule)
            throw Refusal.Invalid($"'{at}' is not a text file that can be edited here; upload a new version of it instead.");
        var content = await trees.GetContentAsync(proof.Repository.SpaceId, entry.Id, stop);
        return TextDiff.IsBinary(content) ? throw Refusal.Invalid($"'{at}' is not text; upload a new version of it instead.") : (shown, at, Encoding.UTF8.GetString(content));
    }

    static async Task<EditPageModel> ModelAsync(
        WritableRepository proof, ShownRevision shown, RepoPath at, string text, bool isNew, FormState form, HttpContext http, PageFrames frames, RepositoryPageParts parts, CancellationToken stop) =>
        new(frames.For(http, proof.Repository.Kind.Plural()), await parts.HeadingAsync(proof, shown, stop), shown.Shown, at.Value, text, shown.Commit.Id, form) { IsNew = isNew };

    static (IReadOnlyList<Finding> Findings, bool IsRefused) Check(Repository repository, RepoPath at, string text, HubOptions options)
    {
        if (at.Value != "README.md") return ([], false);
        var kind = repository.Kind switch { RepositoryKind.Model => CardKind.Model, RepositoryKind.Dataset => CardKind.Dataset, _ => CardKind.Space };
        var card = Card.Parse(text);
        var verdict = YamlVerdict.Of(text, kind);
        // What cannot be read at all is refused everywhere; what is merely wrong only where cards are strict. The commit endpoint draws the same line.
        var isReadable = !card.Findings.Any(f => f.Code is "yaml_syntax" or "not_a_mapping" or "yaml_tag" or "too_large");
        return (CardFactsReader.Findings(CardValidator.Check(card, kind: kind)), !verdict.IsValid && (options.Cards.Strict || !isReadable));
    }

    /// <summary>A first card from what the files say.</summary>
    static async Task<string> SkeletonAsync(WritableRepository proof, ShownRevision shown, TreeReader trees, CancellationToken stop)
    {
        var files = new List<string>();
        await foreach (var entry in trees.WalkAsync(proof.Repository.SpaceId, shown.Commit.Tree, null, stop))
        {
            if (!entry.IsFolder) files.Add(entry.Path.Value);
            if (files.Count >= 1_000) break;
        }
        return CardSkeleton.Write(new CardSkeletonFacts(proof.Repository.FullName) { Files = files });
    }
}
