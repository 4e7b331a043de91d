namespace ModelZoo.Hub.Cards;

static partial class CardValidator
{
    /// <summary>Licences that let a derived model carry another one.</summary>
    static readonly HashSet<string> Permissive =
    [
        "apache-2.0", "mit", "bsd", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "isc", "zlib", "unlicense", "wtfpl", "cc0-1.0", "bsl-1.0", "ncsa",
        "postgresql", "afl-3.0", "artistic-2.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "pddl", "odc-by", "ecl-2.0", "cdla-permissive-1.0",
        "cdla-permissive-2.0", "openmdw-1.0", "openmdw-1.1", "ms-pl", "etalab-2.0",
    ];

    static void CheckFacts(CardMetadata metadata, CardFacts facts, List<CardFinding> findings)
    {
        if (facts.Files is { } files) CheckFiles(metadata, files, findings);
        if (metadata.PipelineTag is { } task && CardEvidence.FindPipelineTag(facts.Architectures, facts.ModelType) is { } detected
            && detected != task && detected != "feature-extraction")
            findings.Add(CardFinding.Warning("pipeline_tag_mismatch", "pipeline_tag", $"config.json says the architecture is for `{detected}`."));
        if (facts.Models is { } models) CheckModels(metadata, facts.RepositoryId, models, findings);
        if (facts.Datasets is { } datasets)
            foreach (var id in metadata.Datasets.Select(id => CardMetadata.SplitPin(id).Name).Distinct(StringComparer.Ordinal))
                if (!datasets.Contains(id)) findings.Add(CardFinding.Warning("dataset_not_found", "datasets", $"Data set {Shorten(id)} is not on this hub."));
    }

    static void CheckFiles(CardMetadata metadata, IReadOnlySet<string> files, List<CardFinding> findings)
    {
        if (metadata.LicenseLink is { } link && MissingFile(link, files) is { } license)
            findings.Add(CardFinding.Warning("license_link_missing_file", "license_link", $"`license_link` names {Shorten(license)}, which is not in this revision."));
        if (metadata.Thumbnail is { } thumbnail && MissingFile(thumbnail, files) is { } picture)
            findings.Add(CardFinding.Warning("thumbnail_missing_file", "thumbnail", $"{Shorten(picture)} is not in this revision."));
    }

    static void CheckModels(CardMetadata metadata, string? own, IReadOnlyDictionary<string, KnownModel> models, List<CardFinding> findings)
    {
        foreach (var id in metadata.BaseModels)
        {
            if (id == own) continue;
            if (!models.TryGetValue(id, out var parent))
                findings.Add(CardFinding.Warning("base_model_not_found", "base_model", $"{Shorten(id)} is not on this hub; the link goes to its upstream."));
            else if (parent.Licenses.FirstOrDefault(license => !Permissive.Contains(license) && license is not "unknown") is { } strict
                && metadata.Licenses.Count > 0 && !metadata.Licenses.Contains(strict))
                findings.Add(CardFinding.Warning("base_license_conflict", "license", $"{Shorten(id)} is `{strict}`; this card says `{Shorten(string.Join(", ", metadata.Licenses))}`."));
        }
        if (own is null) return;
        if (LeadsTo(own, metadata.BaseModels, id => models.GetValueOrDefault(id)?.BaseModels ?? []))
            findings.Add(CardFinding.Error("base_model_cycle", "base_model", "base_model leads back to this repository."));
        if (metadata.NewVersion is { } newer && LeadsTo(own, [newer], id => models.GetValueOrDefault(id)?.NewVersion is { } next ? [next] : []))
            findings.Add(CardFinding.Error("new_version_cycle", "new_version", "`new_version` leads back to this repository."));
    }

    /// <summary>True when following <paramref name="next"/> from <paramref name="start"/> reaches <paramref name="goal"/>. Visits every id once.</summary>
    static bool LeadsTo(string goal, IReadOnlyList<string> start, Func<string, IReadOnlyList<string>> next)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Stack<string>(start);
        while (waiting.TryPop(out var id))
        {
            if (id == goal) return true;
            if (!seen.Add(id)) continue;
            foreach (var following in next(id)) waiting.Push(following);
        }
        return false;
    }

    /// <summary>The path a key names when it is not an address and not in the revision.</summary>
    static string? MissingFile(string named, IReadOnlySet<string> files)
    {
        if (named.Contains("://", StringComparison.Ordinal) || named.StartsWith("//", StringComparison.Ordinal) || named.StartsWith("data:", StringComparison.Ordinal)) return null;
        var path = named.StartsWith("./", StringComparison.Ordinal) ? named[2..] : named.TrimStart('/');
        return files.Contains(path) ? null : path;
    }
}
