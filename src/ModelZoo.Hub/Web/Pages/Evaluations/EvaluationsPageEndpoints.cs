using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Evaluations;

/// <summary>/{owner}/{name}/evaluations: is it good, by whose word; and the forms that put marks on scores.</summary>
static class EvaluationsPageEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/{owner}/{name}/evaluations", ["GET", "HEAD"], async (ReadableRepository model, HttpContext http, EvaluationsPages pages, CancellationToken stop) =>
            new PageResult<EvaluationsPage>(await pages.LoadAsync(model, http, FormState.Empty, stop))).WithMetadata(new AddressedKind(RepositoryKind.Model));
        app.MapForm("/{owner}/{name}/evaluations/mark", MarkAsync).WithMetadata(new AddressedKind(RepositoryKind.Model));
        app.MapForm("/{owner}/{name}/evaluations/lift", LiftAsync).WithMetadata(new AddressedKind(RepositoryKind.Model));
    }

    static Task<IResult> MarkAsync(ReadableRepository model, PostedForm form, HttpContext http, ScoreMarks marks, EvaluationsPages pages, CancellationToken stop) => AnswerAsync(model, form, http, pages, "marked", async () =>
    {
        var mark = await marks.AddAsync(model, form.Text("benchmark"), form.Text("task"), form.Text("score"), form.Text("kind"), form.Text("reason"), stop);
        return "#s-" + mark.ScoreKey;
    }, stop);

    static Task<IResult> LiftAsync(ReadableRepository model, PostedForm form, HttpContext http, ScoreMarks marks, EvaluationsPages pages, CancellationToken stop) => AnswerAsync(model, form, http, pages, "lifted", async () =>
    {
        var mark = await marks.LiftAsync(model, Ids.TryFromWire(form.Text("mark"), out var id) ? id : 0, "", stop);
        return "#s-" + mark.ScoreKey;
    }, stop);

    static async Task<IResult> AnswerAsync(ReadableRepository model, PostedForm form, HttpContext http, EvaluationsPages pages, string notice, Func<Task<string>> act, CancellationToken stop)
    {
        try
        {
            var anchor = await act();
            return PageRouting.SeeOther(RepositoryPageParts.Links(model.Repository).Action("evaluations").Value + anchor, notice);
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.Invalid or RefusalKind.Conflict)
        {
            return new PageResult<EvaluationsPage>(await pages.LoadAsync(model, http, form.State(refusal.Message), stop), StatusCodes.Status400BadRequest);
        }
    }
}
