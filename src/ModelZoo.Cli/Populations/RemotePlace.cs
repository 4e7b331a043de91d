using ModelZoo.Client;
using ModelZoo.Git;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Populations;

/// <summary>How members go to a hub.</summary>
/// <param name="MembersEach">So many that have ended share a commit; what is left goes with <see cref="RemotePlace.FlushAsync"/>.</param>
/// <param name="KeepsStates">Whether weights stay in the folder when the hub has them.</param>
sealed record RemoteManner(int MembersEach = 1, bool KeepsStates = true);

/// <summary>
/// A population that is trained here and kept in a repository of a hub: epochs are durable in a folder, a member goes to the hub in one commit when it ends, several that end together in the same one.
/// What the hub has is not trained again, also on a machine that has never seen it.
/// </summary>
sealed class RemotePlace : IPopulationPlace, IDisposable
{
    const int Named = 3;

    /// <summary>A commit's contents are sent before it, and a broken one is sent anew.</summary>
    const long MostPendingBytes = 1L << 30;

    static readonly string[] s_states = ["checkpoints", "optimizer", "averages", "logits"];

    readonly ZooClient _zoo;
    readonly RepoAddress _target;
    readonly FolderPlace _here;
    readonly HashSet<string> _there;
    readonly RemoteManner _manner;
    readonly SemaphoreSlim _turn = new(1, 1);
    readonly Lock _gate = new();
    readonly List<string> _ended = [];

    long _pendingBytes;

    RemotePlace(ZooClient zoo, RepoAddress target, FolderPlace here, HashSet<string> there, RemoteManner manner) => (_zoo, _target, _here, _there, _manner) = (zoo, target, here, there, manner);

    /// <summary>Commits made.</summary>
    public int Commits { get; private set; }

    /// <summary>Looks at what the hub has, and hands in what ended here and could not be sent then.</summary>
    public static async Task<RemotePlace> OpenAsync(ZooClient zoo, RepoAddress target, FolderPlace here, RemoteManner manner, CancellationToken stop)
    {
        var there = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var entry in zoo.ListTreeAsync(target.Repo, target.RevisionOrMain, recursive: true, stop: stop))
            if (entry.IsFile) there.Add(entry.Path.Value);
        var place = new RemotePlace(zoo, target, here, there, manner);
        // Only what belongs to the population that the hub has, or to one that it has not yet: another is refused when it is begun.
        if (there.Contains(PopulationLayout.Record) && await here.FindAsync(PopulationLayout.Record, stop) is not null)
            foreach (var file in new FolderFiles(here.Root).Files)
                if (file.Path.Split('/') is [PopulationLayout.Members, var member, _] && file.Path == PopulationLayout.Ending(member) && !there.Contains(file.Path)) place._ended.Add(member);
        await place.SendEndedAsync(stop);
        // What an interrupted run sent and had no time to remove.
        if (!manner.KeepsStates && Directory.Exists(Path.Combine(here.Root, PopulationLayout.Members)))
            place.Forget(Directory.GetDirectories(Path.Combine(here.Root, PopulationLayout.Members)).Select(folder => Path.GetFileName(folder)!).Where(member => there.Contains(PopulationLayout.Ending(member))));
        return place;
    }

    public async ValueTask WriteAsync(IReadOnlyList<PopulationFile> files, CancellationToken stop)
    {
        await _here.WriteAsync(files, stop);
        Interlocked.Add(ref _pendingBytes, files.Sum(file => (long)(file.Content?.Length ?? 0)));
        var common = files.Where(file => file.Content is not null && !file.Path.StartsWith(PopulationLayout.Members + "/", StringComparison.Ordinal)).ToList();
        if (common.Count > 0) await CommitAsync([.. common.Select(file => (file.Path, UploadSource.FromBytes(file.Content)))], common.Exists(file => file.Path == PopulationLayout.Record) ? "Begin the population" : string.Join(", ", common.Select(file => file.Path)), stop);
        var ended = files.Where(file => file.Path.Split('/') is [PopulationLayout.Members, var member, _] && file.Path == PopulationLayout.Ending(member)).Select(file => file.Path.Split('/')[1]).ToList();
        if (ended.Count == 0) return;
        lock (_gate)
        {
            _ended.AddRange(ended.Except(_ended));
            if (_ended.Count < _manner.MembersEach && _pendingBytes < MostPendingBytes) return;
        }
        await SendEndedAsync(stop);
    }

    /// <summary>Sends members that have ended and wait for others.</summary>
    public Task FlushAsync(CancellationToken stop) => SendEndedAsync(stop);

    /// <summary>Whether the card of every member that the hub has lies here too.</summary>
    public bool HasAllCards() => _there.Where(path => path.Split('/') is [PopulationLayout.Members, var member, _] && path == PopulationLayout.Card(member)).All(path => File.Exists(Path.Combine(_here.Root, path)));

    public async ValueTask<bool> HasAsync(string path, CancellationToken stop)
    {
        lock (_gate) if (_there.Contains(path)) return true;
        return path.StartsWith(PopulationLayout.Members + "/", StringComparison.Ordinal) && await _here.HasAsync(path, stop);
    }

    /// <summary>What is common to all is the hub's; a member's files are this folder's while it trains here, and the hub's when it ended elsewhere.</summary>
    public async ValueTask<byte[]?> FindAsync(string path, CancellationToken stop)
    {
        var isMembers = path.StartsWith(PopulationLayout.Members + "/", StringComparison.Ordinal);
        if (isMembers && await _here.FindAsync(path, stop) is { } local) return local;
        if (!_there.Contains(path)) return null;
        using var content = new MemoryStream();
        await _zoo.DownloadAsync(_target.Repo, RepoPath.Parse(path), content, _target.RevisionOrMain, stop: stop);
        return content.ToArray();
    }

    public void Dispose() => _turn.Dispose();

    async Task SendEndedAsync(CancellationToken stop)
    {
        await _turn.WaitAsync(stop);
        try
        {
            List<string> members;
            lock (_gate)
            {
                members = [.. _ended];
                _ended.Clear();
            }
            Interlocked.Exchange(ref _pendingBytes, 0);
            if (members.Count == 0) return;         // whoever was before took them along
            var files = new List<(string, UploadSource)>();
            foreach (var member in members)
            {
                var folder = $"{PopulationLayout.Members}/{member}/";
                files.AddRange(new FolderFiles(Path.Combine(_here.Root, folder)).Files.Select(file => folder + file.Path).Where(path => path != PopulationLayout.Resume(member) && !Path.GetFileName(path).StartsWith('.'))
                    .Select(path => (path, UploadSource.FromFile(Path.Combine(_here.Root, path)))));
            }
            try
            {
                await SendAsync(files, $"{string.Join(", ", members.Take(Named))}{(members.Count > Named ? $" and {members.Count - Named} more" : "")} ended", stop);
            }
            catch
            {
                lock (_gate) _ended.InsertRange(0, members);
                throw;
            }
            if (!_manner.KeepsStates) Forget(members);
        }
        finally
        {
            _turn.Release();
        }
    }

    void Forget(IEnumerable<string> members)
    {
        foreach (var folder in members.SelectMany(member => s_states.Select(state => Path.Combine(_here.Root, PopulationLayout.Members, member, state))))
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    async Task CommitAsync(IReadOnlyList<(string Path, UploadSource Content)> files, string summary, CancellationToken stop)
    {
        await _turn.WaitAsync(stop);
        try
        {
            await SendAsync(files, summary, stop);
        }
        finally
        {
            _turn.Release();
        }
    }

    async Task SendAsync(IReadOnlyList<(string Path, UploadSource Content)> files, string summary, CancellationToken stop)
    {
        var outcome = await _zoo.CommitAsync(_target.Repo, [.. files.Select(file => new AddFile(RepoPath.Parse(file.Path), file.Content))], new() { Summary = summary, Branch = _target.RevisionOrMain, HonourIgnored = false }, stop: stop);
        if (outcome.IsNew) Commits++;
        lock (_gate) foreach (var (path, _) in files) _there.Add(path);
    }
}
