using Microsoft.Extensions.Hosting;
using ModelZoo.Hub.Jobs;

namespace ModelZoo.Hub.Mirrors;

/// <summary>Packs anew the mirrors that are fetched from often, and keeps all mirrors together within their space.</summary>
sealed class MirrorChore(MirrorFolder mirrors, GitProgram git, HubOptions options, IHostApplicationLifetime life) : IChore
{
    /// <summary>A clone asks twice: for the references and for the pack.</summary>
    const int FetchesUntilPacked = 4;

    const int MostPacks = 20;

    /// <summary>Another process on the same folder may still read from a generation that was replaced.</summary>
    static readonly TimeSpan s_replacedKept = TimeSpan.FromMinutes(15);

    public TimeSpan Every => TimeSpan.FromMinutes(1);

    public async Task RunAsync(CancellationToken stop)
    {
        if (life.ApplicationStopping.IsCancellationRequested || !Directory.Exists(mirrors.Root) || !git.IsPresent) return;
        foreach (var mirror in mirrors.Known)
            if (mirror.Current is { } current && ShouldPack(current)) await PackAsync(mirror, current, stop);
        await EvictAsync(stop);
    }

    static bool ShouldPack(MirrorGeneration generation) => generation.IsSound
        && (generation.CountPacks() >= MostPacks || (generation.Fetches >= FetchesUntilPacked && !generation.IsPacked));

    /// <summary>Packs into a new generation beside the one in use; whoever fetches meanwhile waits for nothing.</summary>
    public async Task PackAsync(Mirror mirror, MirrorGeneration current, CancellationToken stop)
    {
        current.Enter();
        try
        {
            await mirrors.RenewAsync(mirror, current, stop);
        }
        finally
        {
            current.Leave();
        }
        await mirror.Turn.WaitAsync(stop);
        try
        {
            await using var alone = await FolderLock.TakeAsync(Path.Combine(mirror.Folder, "lock"), stop);
            mirror.Current = mirror.FindCurrent();
        }
        finally
        {
            mirror.Turn.Release();
        }
    }

    /// <summary>Removes what was replaced, and then the mirrors that nobody used for longest.</summary>
    public async Task EvictAsync(CancellationToken stop)
    {
        var kept = new List<(long Id, MirrorGeneration Generation, DateTime UsedAt, long Bytes)>();
        foreach (var folder in Directory.GetDirectories(mirrors.Root))
        {
            if (!long.TryParse(Path.GetFileName(folder), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var id)) continue;
            var mirror = mirrors.Get(id);
            await mirror.Turn.WaitAsync(stop);
            try
            {
                var current = mirror.Current ??= mirror.FindCurrent();
                foreach (var path in mirror.Generations().Where(path => path != current?.Folder))
                    if (DateTime.UtcNow - Directory.GetLastWriteTimeUtc(path) > s_replacedKept) new MirrorGeneration(path).Delete();
                if (current is not null) kept.Add((id, current, current.LastUse, Size(current.Folder)));
            }
            finally
            {
                mirror.Turn.Release();
            }
        }
        var total = kept.Sum(item => item.Bytes);
        foreach (var (id, generation, _, bytes) in kept.OrderBy(item => item.UsedAt))
        {
            if (total <= options.Git.MirrorBytes) return;
            if (await TryDeleteAsync(mirrors.Get(id), generation, stop)) total -= bytes;
        }
    }

    static async Task<bool> TryDeleteAsync(Mirror mirror, MirrorGeneration generation, CancellationToken stop)
    {
        await mirror.Turn.WaitAsync(stop);
        try
        {
            // Marked first: who enters from here on sees that it is not sound, who entered before is seen.
            generation.BeginChange();
            if (generation.IsInUse)
            {
                generation.EndChange();
                return false;
            }
            generation.Delete();
            mirror.Current = null;
            return true;
        }
        finally
        {
            mirror.Turn.Release();
        }
    }

    static long Size(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
}
