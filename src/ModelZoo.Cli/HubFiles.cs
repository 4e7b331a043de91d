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
        var files = new List<ModelFile>();
        await foreach (var item in zoo.ListTreeAsync(address.Repo, address.RevisionOrMain, recursive: true, stop: call.Stop))
            if (item.IsFile) files.Add(new(item.Path.Value, item.SizeBytes));
        return await ModelReader.ReadAsync(new HubFiles(zoo, address.Repo, address.RevisionOrMain, files), address.Repo.ToString(), call.Stop);
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
