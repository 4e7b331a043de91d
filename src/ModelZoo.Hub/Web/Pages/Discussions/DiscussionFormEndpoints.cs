using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Community;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Discussions;

/// <summary>The forms of threads: opened, commented, renamed, closed, merged. A refused form comes back with what was typed.</summary>
static class DiscussionFormEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapRepositoryForm("/discussions", OpenAsync);
        app.MapRepositoryForm("/discussions/{number:long}", ChangeAsync);
    }

    static async Task<IResult> OpenAsync(
        ContributingRepository proof, PostedForm form, HttpContext http, DiscussionWriter writer, PullRequests pulls, DiscussionPageLoader loader, CancellationToken stop)
    {
        try
        {
            var (title, description) = (form.Text("title"), form.Raw("description"));
            var opened = form.Text("kind") != "pull"
                ? await writer.OpenAsync(proof, title, description, stop)
                : (await pulls.OpenAsync(proof, new(DiscussionLimits.Title(title), DiscussionLimits.Comment(description, "description", mayBeEmpty: true), proof.Repository.DefaultReference)
                {
                    IsDraft = true,
                }, null, stop)).Discussion;
            return PageRouting.SeeOther(RepositoryPageParts.Links(proof.Repository).Discussion(opened.Number).Value, "created");
        }
        catch (Refusal refusal)
        {
            var field = refusal.Message.Contains("\"description\"", StringComparison.Ordinal) ? "description" : "title";
            return new PageResult<NewDiscussionPage>(await loader.NewAsync(proof, form.State(errors: (field, refusal.Message)), http, stop), RefusalStatus.Of(refusal.Kind));
        }
    }

    static async Task<IResult> ChangeAsync(
        ContributingRepository proof, long number, PostedForm form, HttpContext http, DiscussionWriter writer, PullRequestMerge merges, PullRequests pulls, DiscussionPageLoader loader,
        CancellationToken stop)
    {
        var here = RepositoryPageParts.Links(proof.Repository).Discussion(number).Value;
        var which = form.Text("form");
        try
        {
            switch (which)
            {
                case "comment":
                    var comment = await writer.CommentAsync(proof, number, form.Raw("comment"), stop);
                    return PageRouting.SeeOther($"{await LastPageAsync(writer, proof, number, here, stop)}#event-{Ids.ToWire(comment.Id)}");
                case "close":
                    await writer.SetStatusAsync(proof, number, DiscussionStatus.Closed, form.Raw("comment"), stop);
                    break;
                case "open":
                    await writer.SetStatusAsync(proof, number, DiscussionStatus.Open, form.Raw("comment"), stop);
                    break;
                case "title":
                    await writer.RenameAsync(proof, number, form.Text("title"), stop);
                    break;
                case "edit":
                    await writer.EditAsync(proof, number, CommentId(form), form.Raw("content"), stop);
                    break;
                case "hide":
                    await writer.HideAsync(proof, number, CommentId(form), stop);
                    break;
                case "merge":
                    await merges.MergeAsync(AsWritable(proof), number, null, stop);
                    return PageRouting.SeeOther(here, "merged");
                case "remove":
                    await pulls.RemoveReferenceAsync(AsWritable(proof), number, stop);
                    return PageRouting.SeeOther(here, "deleted");
                default:
                    throw Refusal.Invalid("This page has no such form.");
            }
            return PageRouting.SeeOther(here, "saved");
        }
        catch (Refusal refusal) when (which is "comment" or "close" or "open" or "title" or "merge" or "remove" && refusal.Kind is not RefusalKind.NotFound)
        {
            var model = await loader.ShowAsync(proof, number, http, stop);
            return new PageResult<DiscussionPage>(which == "title" ? model with { Title = form.State(errors: ("title", refusal.Message)) } : model with { Comment = form.State(refusal.Message) },
                RefusalStatus.Of(refusal.Kind));
        }
        catch (Refusal refusal) when (which == "edit" && refusal.Kind is RefusalKind.Invalid or RefusalKind.TooLarge)
        {
            var model = await loader.EditAsync(proof, number, form.Text("comment"), form.State(errors: ("content", refusal.Message)), http, stop);
            return new PageResult<EditCommentPage>(model, RefusalStatus.Of(refusal.Kind));
        }
    }

    static WritableRepository AsWritable(ContributingRepository proof) => proof as WritableRepository ?? throw Refusal.Forbidden(AccessPolicy.WriteMessage(proof.Repository));

    /// <summary>Where a comment that was just written is to be seen.</summary>
    static async Task<string> LastPageAsync(DiscussionWriter writer, ReadableRepository proof, long number, string here, CancellationToken stop) =>
        DiscussionPageLoader.LastPage(await writer.GetAsync(proof, number, stop)) is > 0 and var from ? $"{here}?from={from}" : here;

    static long CommentId(PostedForm form) => Ids.TryFromWire(form.Text("comment"), out var id) ? id : throw Refusal.NotFound("There is no such comment.");
}
