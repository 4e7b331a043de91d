using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <summary>/models/new and its siblings: the form that makes a repository.</summary>
static class NewRepositoryPageEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        foreach (var kind in Enum.GetValues<RepositoryKind>())
            app.MapPage($"/{kind.Plural()}/new", (SignedIn me, HttpContext http, PageFrames frames) => Show(me, kind, FormState.Empty, http, frames));
        app.MapForm("/models/new", CreateAsync);
    }

    static PageResult<NewRepositoryPage> Show(SignedIn me, RepositoryKind kind, FormState form, HttpContext http, PageFrames frames, int status = 200) =>
        new(new NewRepositoryPageModel(frames.For(http), kind.Word(), [me.Account.Handle], form)
        {
            Licenses = [.. CardVocabulary.Default.Licenses.Order(StringComparer.Ordinal)],
        }, status);

    static async Task<IResult> CreateAsync(
        SignedIn me, PostedForm form, HttpContext http, PageFrames frames, RepositoryLifecycle lifecycle, RepositoryStore repositories, AccountStore accounts, CancellationToken stop)
    {
        _ = RepositoryKinds.TryParse(form.Text("kind"), out var kind);
        var name = form.Text("name");
        if (Repository.NameProblem(name) is { Length: > 0 } problem) return Show(me, kind, form.State(errors: ("name", problem)), http, frames, 400);
        var owner = await accounts.FindAsync(form.Text("owner"), stop);
        if (owner is null) return Show(me, kind, form.State(errors: ("owner", "There is no such account.")), http, frames, 400);
        try
        {
            var created = await lifecycle.CreateAsync(me, owner, new(kind, name, form.Text("visibility") == "private")
            {
                Licence = form.Text("license") is { Length: > 0 } licence && CardVocabulary.Default.IsLicense(licence) ? licence : null,
                Sdk = kind == RepositoryKind.Space ? "static" : null,
            }, stop);
            if (form.Text("description") is { Length: > 0 and <= RepositorySettingsPageEndpoints.MaxDescription } description)
                await repositories.SetDescriptionAsync(created.Id, description, stop);
            return PageRouting.SeeOther(RepositoryPageParts.Links(created.Repository).Home.Value, "created");
        }
        catch (Refusal refusal) when (refusal.Kind == RefusalKind.Conflict)
        {
            return Show(me, kind, form.State(errors: ("name", $"{owner.Handle} has a {kind.Word()} of this name already.")), http, frames, 409);
        }
    }
}
