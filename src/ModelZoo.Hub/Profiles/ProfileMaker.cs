using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Storage;
using ModelZoo.Profiling;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Profiles;

/// <summary>A profile as it is stored, with its table of tensors.</summary>
sealed record MadeProfile(ProfileRow Row, byte[]? Tensors);

/// <summary>Reads the headers of a commit's files, each once, and says what they come to: the profile, and the counts that clients read.</summary>
sealed class ProfileMaker(TreeReader trees, IBlobStore blobs, TimeProvider time)
{
    /// <summary>Longest compressed table that is kept: a million tensors with names of common length take a quarter of it.</summary>
    const int MaxTableBytes = 64 << 20;

    const int MaxChatTemplate = 100_000;

    public Task<CommitFiles> OpenAsync(Repository repository, ObjectId tree, CancellationToken stop) =>
        CommitFiles.ReadAsync(trees, blobs, repository.SpaceId, tree, stop);

    public async Task<MadeProfile> MakeAsync(Repository repository, CommitFiles files, CancellationToken stop)
    {
        var reading = await ModelReader.ReadAllAsync(files, null, stop);
        var row = new ProfileRow
        {
            RepositoryId = repository.Id, Digest = files.Digest, Version = Profile.Version, MadeAt = time.NowMs(),
            DefectsJson = JsonSerializer.Serialize(reading.Defects.Select(JsonText.Storable)), TensorCount = reading.Headers.Sum(header => header.Header.Tensors.Count),
        };
        row = await SummariseAsync(row, files, reading, stop);
        try
        {
            var footprint = Footprint.Of(reading.Profile);
            row = row with
            {
                ProfileJson = StoredProfile.Write(reading.Profile), FootprintBytes = footprint?.Bytes, WeightBytes = footprint?.Weights,
                Parameters = row.Parameters ?? (reading.Profile.Parameters is { Value: >= 0 and < 9e18 } count ? (long)count.Value : null),
            };
        }
        catch (Exception error) when (error is ProfileException or OverflowException)
        {
            return new(row with { State = "failed", Reason = JsonText.Storable(error.Message), ProfileJson = StoredProfile.Write(new Profile()) }, null);
        }
        if (reading.Headers.Count == 0 && reading.Profile.Parameters is null)
        {
            var reason = reading.Defects.Count > 0 ? reading.Defects[0] : reading.Profile.NotMeasured.GetValueOrDefault("parameters") ?? "Nothing that is read says what the model is.";
            row = row with { State = "failed", Reason = JsonText.Storable(reason) };
        }
        var tensors = row.TensorCount > 0 ? TensorTable.Write(reading.Headers) : null;
        return new(row, tensors is { Length: <= MaxTableBytes } ? tensors : null);
    }

    /// <summary>Sums of stored numbers, as the public hub shows them. The profile's counts leave out buffers and copies; these do not.</summary>
    async Task<ProfileRow> SummariseAsync(ProfileRow row, CommitFiles files, ModelReading reading, CancellationToken stop)
    {
        var safetensors = await HeadersAsync(files, reading, PickSafetensors(files.Files), stop);
        if (safetensors.Count > 0 && WeightSums(safetensors) is { } sums)
        {
            var parameters = new JsonObject();
            foreach (var (type, count) in sums.ParametersByDType) parameters[type] = count;
            row = row with { Parameters = sums.TotalParameters, SafetensorsJson = new JsonObject { ["parameters"] = parameters, ["total"] = sums.TotalParameters }.ToJsonString() };
        }
        var gguf = await HeadersAsync(files, reading, PickGguf(files.Files, reading), stop);
        if (gguf.Count == 0 || WeightSums(gguf) is not { } summary) return row;
        var json = new JsonObject { ["total"] = summary.TotalParameters };
        if (summary.Architecture is not null) json["architecture"] = JsonText.Storable(summary.Architecture);
        if (summary.ContextLength is not null) json["context_length"] = summary.ContextLength;
        if (summary.ChatTemplate is { Length: < MaxChatTemplate }) json["chat_template"] = JsonText.Storable(summary.ChatTemplate);
        return row with { Parameters = row.Parameters ?? summary.TotalParameters, GgufJson = json.ToJsonString() };
    }

    /// <summary>Null when the sum does not fit 64 bits: then it says nothing.</summary>
    static WeightSummary? WeightSums(List<WeightFile> files)
    {
        try
        {
            return WeightSummary.Of(files);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    /// <summary>Headers that the profile has not read; one that is broken is left out and was or will be named by it.</summary>
    static async Task<List<WeightFile>> HeadersAsync(CommitFiles files, ModelReading reading, List<string> paths, CancellationToken stop)
    {
        var headers = new List<WeightFile>();
        foreach (var path in paths)
        {
            if (reading.Headers.FirstOrDefault(header => header.Path == path) is { } known)
            {
                headers.Add(known.Header);
                continue;
            }
            if (reading.Defects.Any(defect => defect.StartsWith(path + ":", StringComparison.Ordinal))) continue;
            try
            {
                headers.Add(await WeightReader.ReadHeaderAsync(await files.OpenAsync(path, stop), stop));
            }
            catch (Exception error) when (error is WeightFormatException or OverflowException)
            {
                continue;
            }
        }
        return headers;
    }

    /// <summary>The files of the main model in the root: one file, or all its shards.</summary>
    static List<string> PickSafetensors(IReadOnlyList<ModelFile> files)
    {
        const string ending = ".safetensors";
        var roots = files.Where(file => !file.Path.Contains('/') && file.Path.EndsWith(ending, StringComparison.Ordinal)).Select(file => file.Path).ToList();
        foreach (var stem in (string[])["model", "diffusion_pytorch_model", "adapter_model"])
        {
            if (roots.Contains(stem + ending)) return [stem + ending];
            var shards = roots.Where(path => path.StartsWith(stem + "-", StringComparison.Ordinal) && path.Contains("-of-", StringComparison.Ordinal)).Take(ProfileLimits.MaxShards).ToList();
            if (shards.Count > 0) return shards;
        }
        return [.. roots.Take(1)];
    }

    /// <summary>The file or shards that the profile is of, else the first there is: repositories of GGUF hold one model in many quantisations.</summary>
    static List<string> PickGguf(IReadOnlyList<ModelFile> files, ModelReading reading)
    {
        var read = reading.Headers.Where(header => header.Header.Format == WeightFormat.Gguf).Select(header => header.Path).ToList();
        return read.Count > 0 ? read : [.. files.Where(file => file.Path.EndsWith(".gguf", StringComparison.Ordinal)).Take(1).Select(file => file.Path)];
    }
}
