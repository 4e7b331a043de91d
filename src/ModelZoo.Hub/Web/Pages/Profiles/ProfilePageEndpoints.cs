using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Hub.Web.Pages.Repositories;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Pages.Profiles;

/// <summary>/{owner}/{name}/profile and …/profile/{rev}: will it run, where, how fast.</summary>
static class ProfilePageEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        foreach (var tail in (string[])["/profile", "/profile/{revision}"])
            app.MapMethods($"/{{owner}}/{{name}}{tail}", ["GET", "HEAD"], tail.Length > 8 ? ShowRevisionAsync : ShowAsync).WithMetadata(new AddressedKind(RepositoryKind.Model));
    }

    static async Task<IResult> ShowAsync(ReadableRepository proof, HttpContext http, ProfilePageLoader loader, RepositoryPageParts parts, CancellationToken stop) =>
        new PageResult<ProfilePage>(await loader.LoadAsync(proof, await parts.FindHeadAsync(proof, stop), isHead: true, http, stop));

    static async Task<IResult> ShowRevisionAsync(ReadableRepository proof, RouteText revision, HttpContext http, ProfilePageLoader loader, RepositoryPageParts parts, CancellationToken stop) =>
        new PageResult<ProfilePage>(await loader.LoadAsync(proof, await parts.ResolveAsync(proof, revision, stop), isHead: false, http, stop));
}

/// <summary>Loads what the profile page shows.</summary>
sealed class ProfilePageLoader(PageFrames frames, RepositoryPageParts parts, ProfileReader profiles, Registry registry, TensorPages tensors)
{
    public async Task<ProfilePageModel> LoadAsync(ReadableRepository proof, ShownRevision? shown, bool isHead, HttpContext http, CancellationToken stop)
    {
        var frame = frames.For(http, proof.Repository.Kind.Plural());
        var heading = await parts.HeadingAsync(proof, shown, stop);
        if (isHead) heading = heading with { Revision = null };
        if (shown is null) return new(frame, heading, null);
        var links = heading.Links;
        var model = new ProfilePageModel(frame, heading, await parts.ReferencesAsync(proof, shown, links.Profile, stop));
        var found = await profiles.FindAsync(proof, shown.Commit, stop);
        if (found.Standing == ProfileStanding.Pending) return model with { IsPending = true };
        if (found.Profile is not { } profile) return model with { Reason = found.Reason };
        if (profile is { Parameters: null, Work: null, TensorCount: 0, Parts.Count: 0 })
            return model with { Reason = profile.NotMeasured.GetValueOrDefault("parameters") is { } reason ? $"{char.ToUpperInvariant(reason[0])}{reason[1..]}." : "Nothing here says what the model is.", Defects = found.Defects };

        var reference = await registry.GetAsync(proof.Actor, stop);
        var address = ScenarioAddress.Read(http.Request.Query, reference, ReadersDevice.Find(http), profile);
        if (address is { HasDevice: true, Device: { } device }) ReadersDevice.Remember(http, device.Id);
        var action = isHead ? links.Profile(null) : links.Profile(shown.Shown);
        var table = await tensors.FindAsync(proof, found, http.Request.Query["q"].ToString().Trim(), http.Request.Query["from"].ToString(), stop);
        Href Page(long from) => Href.Local($"{action.Value}?{string.Join('&', ((string?[])[address.Query, table.Query is null ? null : $"q={Uri.EscapeDataString(table.Query)}", from > 0 ? $"from={from}" : null]).Where(field => field?.Length > 0))}#tensors");
        return model with
        {
            Defects = found.Defects, Profile = ProfileViews.Of(profile),
            Form = EstimateForms.Of(action, address, reference, profile) with { Carried = table.Query is null ? [] : [new("q", table.Query)] },
            Estimate = EstimateViews.Find(profile, address, reference), Strip = table.Strip, Tensors = table.Rows, TensorCount = found.TensorCount, FoundTensors = table.Found, TensorQuery = table.Query,
            Action = action, Carried = [.. address.Form.Values], FirstPage = table.From > 0 ? Page(0) : null, NextPage = table.NextFrom is { } next ? Page(next) : null,
            Compare = Href.Local($"/compare?m={Uri.EscapeDataString(links.Id + (isHead ? "" : "@" + shown.Shown))}"),
        };
    }
}
