using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Search;
using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Hub.Web.Pages.Repositories;
using ModelZoo.Profiling;
using Reference = ModelZoo.Profiling.Reference;

namespace ModelZoo.Hub.Web.Pages.Devices;

/// <summary>The models of this hub that fit a device, of those that the viewer may see.</summary>
sealed class FittingRepositories(RepositorySearch search, AccessPolicy policy, RevisionResolver revisions, ProfileReader profiles)
{
    /// <summary>A page shows the most used; the catalogue has all.</summary>
    public const int MostShown = 12;

    /// <returns>The lines, and how many models fit the device in the standard scenario.</returns>
    public async Task<(IReadOnlyList<FitLine> Lines, int Total)> FindAsync(Device device, Scenario scenario, Reference reference, string words, Actor actor, CancellationToken stop)
    {
        if (MemoryRoom.Of(device) is not { } room) return ([], 0);
        var found = await search.FindAsync(new() { Kind = RepositoryKind.Model, Fits = room, Text = words, Sort = SearchOrder.Downloads, Limit = MostShown }, actor, stop);
        var lines = new List<FitLine>();
        foreach (var item in found.Items)
        {
            var repository = item.Repository.Repository;
            if (await policy.FindReadableAsync(repository.Kind, repository.Owner, repository.Name, actor, stop) is not { } proof) continue;
            if (await revisions.FindAsync(proof, proof.Repository.DefaultReference, stop) is not { } head) continue;
            if ((await profiles.FindAsync(proof, head.Commit, stop)).Profile is not { } profile || FitSearch.Find(profile, device, scenario, reference) is not { } fit) continue;
            lines.Add(FitLines.Of(Href.Local($"{RepositoryPageParts.Links(proof.Repository).Profile(null).Value}?device={Uri.EscapeDataString(device.Id)}"), item.Repository.FullName, profile, fit));
        }
        return (lines, found.Total);
    }
}
