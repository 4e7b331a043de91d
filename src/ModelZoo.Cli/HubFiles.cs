using System.Text.Json;
using ModelZoo.Client;
using ModelZoo.Git;
using ModelZoo.Profiling;
using ModelZoo.Weights;

namespace ModelZoo.Cli;

/// <summary>A repository of a hub as the files of a model: headers are read as ranges, weights stay where they are.</summary>
sealed class HubFiles(ZooClient zoo, RepoId repo, string commit, IReadOnlyList<ModelFile> files) : IModelFiles
{
    public IReadOnlyList<ModelFile> Files => files;

    public static async Task<Profile> ReadAsync(LocalCall call, string text)
    {
        var address = RepoAddress.Parse(text);
        var store = CredentialStore.Load();
        var endpoint = HubAccess.FindEndpoint(call.Parse, store);
        using var zoo = HubAccess.Open(endpoint, HubAccess.FindToken(call.Parse, store, endpoint));
        if (await FindKeptAsync(zoo, address, call.Stop) is { } kept) return kept with { Name = address.Repo.ToString() };
        var files = new List<ModelFile>();
        await foreach (var item in zoo.ListTreeAsync(address.Repo, address.RevisionOrMain, recursive: true, stop: call.Stop))
            if (item.IsFile) files.Add(new(item.Path.Value, item.SizeBytes));
        return await ModelReader.ReadAsync(new HubFiles(zoo, address.Repo, address.RevisionOrMain, files), address.Repo.ToString(), call.Stop);
    }

    /// <summary>The profile that a ModelZoo hub keeps, when it is ready and of the same rules as this program's. Null on any other hub: then headers are read by ranges.</summary>
    static async Task<Profile?> FindKeptAsync(ZooClient zoo, RepoAddress address, CancellationToken stop)
    {
        if (address.Repo.Kind != RepoKind.Model) return null;
        try
        {
            var answer = await zoo.GetStoredProfileAsync(address.Repo, address.RevisionOrMain, stop);
            return answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("version", out var version) && version.TryGetInt64(out var rules)
                && answer.TryGetProperty("stored", out var stored) ? StoredProfile.TryRead(stored.GetRawText(), rules) : null;
        }
        catch (Exception other) when (other is ZooApiException or JsonException)
        {
            return null;        // what is wrong with the repository or the sign-in, the next call says
        }
    }

    public ValueTask<IByteSource> OpenAsync(string path, CancellationToken stop) =>
        new(new Ranges(zoo, repo, RepoPath.Parse(path), commit, files.First(file => file.Path == path).SizeBytes));

    sealed class Ranges(ZooClient zoo, RepoId repo, RepoPath path, string commit, long sizeBytes) : IByteSource
    {
        public long Length => sizeBytes;

        public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
        {
            var count = (int)Math.Min(buffer.Length, sizeBytes - offset);
            if (count <= 0) return 0;
            return await zoo.ReadRangeAsync(repo, path, offset, buffer[..count], sizeBytes, commit, stop);
        }
    }
}
