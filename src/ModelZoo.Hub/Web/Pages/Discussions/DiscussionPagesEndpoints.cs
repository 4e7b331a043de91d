using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Web.Pages.Discussions;

/// <summary>…/discussions: the list, one thread, what a pull request changes, and the forms for a new thread and for editing a comment.</summary>
static class DiscussionPagesEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapRepositoryPage("/discussions", async (ReadableRepository proof, HttpContext http, DiscussionPageLoader loader, CancellationToken stop) =>
            (IResult)new PageResult<DiscussionsPage>(await loader.ListAsync(proof, http, stop)));
        app.MapRepositoryPage("/discussions/new", async (ContributingRepository proof, HttpContext http, DiscussionPageLoader loader, CancellationToken stop) =>
            (IResult)new PageResult<NewDiscussionPage>(await loader.NewAsync(proof, FormState.Empty, http, stop)));
        app.MapRepositoryPage("/discussions/{number:long}", async (ReadableRepository proof, long number, HttpContext http, DiscussionPageLoader loader, CancellationToken stop) =>
            (IResult)new PageResult<DiscussionPage>(await loader.ShowAsync(proof, number, http, stop)));
        app.MapRepositoryPage("/discussions/{number:long}/files", async (ReadableRepository proof, long number, HttpContext http, DiscussionPageLoader loader, CancellationToken stop) =>
            (IResult)new PageResult<DiscussionFilesPage>(await loader.FilesAsync(proof, number, http, stop)));
        app.MapRepositoryPage("/discussions/{number:long}/edit", async (ContributingRepository proof, long number, HttpContext http, DiscussionPageLoader loader, CancellationToken stop) =>
            (IResult)new PageResult<EditCommentPage>(await loader.EditAsync(proof, number, http.Request.Query["comment"].ToString(), FormState.Empty, http, stop)));
    }
}
