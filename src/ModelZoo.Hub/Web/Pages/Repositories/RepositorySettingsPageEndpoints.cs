using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Xet;

namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <summary>…/settings: five forms on one page, told apart by their hidden field.</summary>
static class RepositorySettingsPageEndpoints
{
    public const int MaxDescription = 1_000;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapRepositoryPage("/settings", async (AdministeredRepository proof, SettingsPage page, HttpContext http, CancellationToken stop) =>
            (IResult)await page.ShowAsync(proof, http, model => model, 200, stop));
        app.MapRepositoryForm("/settings", ChangeAsync);
    }

    static async Task<IResult> ChangeAsync(
        AdministeredRepository proof, PostedForm form, HttpContext http, SettingsPage page, SettingsForms forms, CancellationToken stop)
    {
        try
        {
            return await forms.ApplyAsync(proof, form, stop);
        }
        catch (Refusal refusal)
        {
            var state = form.Text("form") switch
            {
                "people" => form.State(errors: ("handle", refusal.Message)),
                "move" => form.State(errors: ("name", refusal.Message)),
                "squash" => form.State(errors: ("branch", refusal.Message)),
                "delete" => form.State(errors: ("confirm", refusal.Message)),
                _ => form.State(refusal.Message),
            };
            return await page.ShowAsync(proof, http, model => form.Text("form") switch
            {
                "people" or "remove-person" => model with { People = state },
                "move" => model with { Move = state },
                "squash" => model with { Squash = state },
                "delete" => model with { Delete = state },
                _ => model with { General = state },
            }, RefusalStatus.Of(refusal.Kind), stop);
        }
    }
}

/// <summary>Loads the settings page.</summary>
sealed class SettingsPage(PageFrames frames, RepositoryPageParts parts, ReferenceStore references, CollaboratorStore collaborators, StorageQuery storage)
{
    public async Task<PageResult<RepositorySettingsPage>> ShowAsync(
        AdministeredRepository proof, HttpContext http, Func<RepositorySettingsPageModel, RepositorySettingsPageModel> adjust, int status, CancellationToken stop)
    {
        var heading = await parts.HeadingAsync(proof, await parts.FindHeadAsync(proof, stop), stop);
        var all = await references.ListAsync(proof.Id, stop);
        var owner = proof.Repository.Owner;
        var figures = await storage.GetAsync(proof.Id, stop);
        return new(adjust(new(frames.For(http, proof.Repository.Kind.Plural()), heading with { Revision = null, Description = proof.Repository.Description })
        {
            Branches = [.. all.Where(r => r.Name.StartsWith("refs/heads/", StringComparison.Ordinal)).Select(r => r.ShortName)],
            Collaborators = [.. (await collaborators.ListAsync(proof.Id, stop)).Select(c => new Collaborator(c.Handle, c.Access))],
            Owners = proof.Actor.Account is { } me && me.Handle != owner ? [owner, me.Handle] : [owner],
            AllowsForcePush = proof.Repository.AllowsForcePush,
            AllowsDiscussions = proof.Repository.AllowsDiscussions,
            LogicalBytes = figures.LogicalBytes,
            StoredBytes = figures.StoredBytes,
            SharedBytes = figures.SharedBytes,
        }), status);
    }
}

/// <summary>What each form of the settings page does.</summary>
sealed class SettingsForms(
    RepositoryStore repositories, CollaboratorStore collaborators, AccountStore accounts, RepositoryLifecycle lifecycle,
    RevisionResolver revisions, ReferenceWriter references)
{
    public async Task<IResult> ApplyAsync(AdministeredRepository proof, PostedForm form, CancellationToken stop)
    {
        var links = RepositoryPageParts.Links(proof.Repository);
        switch (form.Text("form"))
        {
            case "general":
                await ChangeGeneralAsync(proof, form, stop);
                return PageRouting.SeeOther(links.Settings.Value, "saved");
            case "people":
                await collaborators.SetAsync(proof.Id, await GetAccountAsync(proof, form, stop), form.Text("access"), stop);
                return PageRouting.SeeOther(links.Settings.Value + "#people", "saved");
            case "remove-person":
                await collaborators.RemoveAsync(proof.Id, (await GetAccountAsync(proof, form, stop)).Id, stop);
                return PageRouting.SeeOther(links.Settings.Value + "#people", "saved");
            case "move":
                var moved = await lifecycle.MoveAsync(proof, form.Text("owner"), form.Text("name"), stop);
                return PageRouting.SeeOther(RepositoryPageParts.Links(moved).Home.Value, "moved");
            case "squash":
                var (reference, head) = await revisions.GetBranchAsync(proof, form.Text("branch"), stop);
                await references.SquashAsync(proof, reference, head, $"Squash the history of {form.Text("branch")}", stop);
                return PageRouting.SeeOther(links.Commits(form.Text("branch")).Value, "squashed");
            case "delete":
                if (form.Text("confirm") != proof.Repository.FullName) throw Refusal.Invalid($"Type {proof.Repository.FullName} to delete it.");
                await lifecycle.DeleteAsync(proof, stop);
                return PageRouting.SeeOther(links.OwnerHome.Value, "deleted");
            default:
                throw Refusal.Invalid("This page has no such form.");
        }
    }

    async Task ChangeGeneralAsync(AdministeredRepository proof, PostedForm form, CancellationToken stop)
    {
        var description = form.Text("description");
        if (description.Length > RepositorySettingsPageEndpoints.MaxDescription)
            throw Refusal.Invalid($"A description may have at most {RepositorySettingsPageEndpoints.MaxDescription} characters.");
        var branch = form.Text("branch");
        if (branch.Length > 0 && branch != proof.Repository.DefaultBranch)
        {
            await revisions.GetBranchAsync(proof, "refs/heads/" + branch, stop);
            await repositories.SetDefaultBranchAsync(proof.Id, branch, stop);
        }
        await repositories.SetDescriptionAsync(proof.Id, description, stop);
        await repositories.SetVisibilityAsync(proof.Id, form.Text("visibility") == "private", stop);
        if (form.Text("force").Length > 0 != proof.Repository.AllowsForcePush) await repositories.SetForcePushAsync(proof.Id, !proof.Repository.AllowsForcePush, stop);
        if (form.Text("discussions").Length > 0 != proof.Repository.AllowsDiscussions) await repositories.SetDiscussionsAsync(proof.Id, !proof.Repository.AllowsDiscussions, stop);
    }

    async Task<Account> GetAccountAsync(AdministeredRepository proof, PostedForm form, CancellationToken stop)
    {
        var account = await accounts.FindAsync(form.Text("handle"), stop) ?? throw Refusal.Invalid($"There is no account '{form.Text("handle")}'.");
        return account.Id != proof.Repository.OwnerId ? account : throw Refusal.Invalid($"{account.Handle} owns this and may do everything.");
    }
}
