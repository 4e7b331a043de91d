using System.Text.Json;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Hub.Web.Pages.Repositories;
using ModelZoo.Profiling;
using Reference = ModelZoo.Profiling.Reference;

namespace ModelZoo.Hub.Web.Pages.Compare;

/// <summary>A model that was named and found: a repository at a revision, or a reference workload.</summary>
/// <param name="Configuration">Keys of its config.json as short texts.</param>
sealed record FoundModel(string Id, string Name, Href Link, Profile Profile, IReadOnlyDictionary<string, string> Configuration, ReadableRepository? Proof = null, CommitRow? Commit = null);

/// <summary>Finds models by what an address calls them. To others a hidden repository is like a missing one.</summary>
sealed class ComparedModels(AccessPolicy policy, RevisionResolver revisions, ProfileReader profiles, RepositoryPageParts parts)
{
    const int MaxKeys = 300;
    const int MaxValueLength = 60;

    public async Task<(FoundModel? Model, string? Problem)> FindAsync(string id, Reference reference, Actor actor, CancellationToken stop)
    {
        if (reference.FindWorkload(id) is { } workload)
            return (new(workload.Id, workload.Name, Href.Local($"/workloads/{Uri.EscapeDataString(workload.Id)}"), ReferenceProfiles.Of(workload), workload.Configuration is { } json ? Flat(json) : new Dictionary<string, string>()), null);
        var (address, revision) = id.IndexOf('@') is > 0 and var at ? (id[..at], id[(at + 1)..]) : (id, null);
        if (address.Split('/') is not [{ Length: > 0 } owner, { Length: > 0 } name] || await policy.FindReadableAsync(RepositoryKind.Model, owner, name, actor, stop) is not { } proof)
        {
            var near = reference.SuggestWorkloads(id);
            return (null, $"There is no model '{id}' here, neither a repository nor a reference workload.{(near.Count > 0 ? $" Near it: {string.Join(", ", near)}." : "")}");
        }
        var links = RepositoryPageParts.Links(proof.Repository);
        if (await revisions.FindAsync(proof, revision ?? proof.Repository.DefaultReference, stop) is not { } resolved)
            return (null, revision is null ? $"{links.Id} has no files yet." : $"{links.Id} has no revision '{revision}'.");
        var found = await profiles.FindAsync(proof, resolved.Commit, stop);
        if (found.Profile is not { } profile) return (null, found.Standing == ProfileStanding.Pending ? $"The headers of {links.Id} are being read; load this page again in a moment." : $"{links.Id} has no profile: {found.Reason}");
        var config = await parts.FindTextAsync(proof.Repository, resolved.Commit.Tree, "config.json", stop);
        return (new(id, revision is null ? links.Id : $"{links.Id}@{revision}", links.Profile(revision), profile, Parse(config), proof, resolved.Commit), null);
    }

    static Dictionary<string, string> Parse(string? text)
    {
        if (text is null) return [];
        try
        {
            using var document = JsonDocument.Parse(text, new() { MaxDepth = ProfileLimits.MaxDepth });
            return Flat(document.RootElement);
        }
        catch (JsonException)
        {
            return [];        // the profile says what is wrong with the file
        }
    }

    /// <summary>Nested objects as dotted keys; lists and long texts shortened.</summary>
    static Dictionary<string, string> Flat(JsonElement json)
    {
        var flat = new Dictionary<string, string>(StringComparer.Ordinal);
        if (json.ValueKind == JsonValueKind.Object) Add(json, "", 0);
        return flat;

        void Add(JsonElement element, string before, int depth)
        {
            foreach (var field in element.EnumerateObject())
            {
                if (flat.Count >= MaxKeys) return;
                var key = before + (field.Name.Length > MaxValueLength ? field.Name[..MaxValueLength] : field.Name);
                if (field.Value.ValueKind == JsonValueKind.Object && depth < 3) Add(field.Value, key + ".", depth + 1);
                else flat[key] = field.Value.GetRawText().Trim('"') is var text && text.Length > MaxValueLength ? text[..MaxValueLength] + "…" : text;
            }
        }
    }
}
