using Microsoft.Extensions.Logging;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Serving.Folders;

/// <summary>
/// The books of a slot: which copies lie there, which folders use them, who holds those. Copies stay below a bound: folders that nobody holds go, those
/// used longest ago first, and with the last folder that uses it a copy goes. All quick work under one lock; whoever copies bytes reserves them before.
/// </summary>
sealed class CachedFiles(CacheSlot slot, long mostBytes, TimeProvider time, ILogger log)
{
    readonly Lock _gate = new();
    readonly Dictionary<string, Copy> _copies = new(StringComparer.Ordinal);
    readonly Dictionary<string, Known> _folders = new(StringComparer.Ordinal);
    long _bytes;

    public CacheSlot Slot => slot;

    public long Bytes
    {
        get { lock (_gate) return _bytes; }
    }

    /// <summary>Reads what an earlier process left. Lists that do not match their name, and copies in no list, go.</summary>
    public void Load()
    {
        foreach (var file in Directory.EnumerateFiles(slot.Files, "*", SearchOption.AllDirectories))
            _copies[Path.GetFileName(file)] = new(new FileInfo(file).Length);
        foreach (var list in Directory.EnumerateFiles(slot.Folders, "*.list"))
        {
            var digest = Path.GetFileNameWithoutExtension(list);
            var text = File.ReadAllText(list);
            var names = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.Length > 66).Select(line => line[..64]).Distinct().ToList();
            if (Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text))) != digest || !Directory.Exists(slot.FolderOf(digest)))
            {
                File.Delete(list);
                continue;
            }
            var copies = names.Where(_copies.ContainsKey).ToList();
            foreach (var name in copies) _copies[name].Users++;
            _folders[digest] = new(copies) { UsedAt = new FileInfo(list).LastWriteTimeUtc };
        }
        foreach (var folder in Directory.EnumerateDirectories(slot.Folders))
            if (!_folders.ContainsKey(Path.GetFileName(folder))) slot.Remove(folder);
        foreach (var (name, copy) in _copies.Where(copy => copy.Value.Users == 0).ToList()) Drop(name, copy);
        _bytes = _copies.Values.Sum(copy => copy.SizeBytes);
    }

    /// <summary>Holds the folder, so that it stays. False when it is not there.</summary>
    /// <param name="wasChecked">True when this process has made or checked it.</param>
    public bool TryHold(string digest, out bool wasChecked)
    {
        lock (_gate)
        {
            wasChecked = false;
            if (!_folders.TryGetValue(digest, out var known)) return false;
            known.Holders++;
            wasChecked = known.IsChecked;
            return true;
        }
    }

    public void SetChecked(string digest)
    {
        lock (_gate) _folders[digest].IsChecked = true;
    }

    public void GiveBack(string digest)
    {
        lock (_gate)
        {
            if (!_folders.TryGetValue(digest, out var known)) return;
            known.Holders--;
            known.UsedAt = time.GetUtcNow().UtcDateTime;
        }
    }

    /// <summary>Uses the copy for a folder that is being made. False when there is none: then its bytes are reserved, and the caller makes it.</summary>
    public bool TryUse(string sha256, long sizeBytes)
    {
        lock (_gate)
        {
            if (_copies.TryGetValue(sha256, out var copy))
            {
                copy.Users++;
                return true;
            }
            MakeRoom(sizeBytes);
            _copies[sha256] = new(sizeBytes) { Users = 1 };
            _bytes += sizeBytes;
            return false;
        }
    }

    /// <summary>The folder that was made of these copies will not be; or a copy could not be made.</summary>
    public void Release(IEnumerable<string> names)
    {
        lock (_gate)
            foreach (var name in names)
                if (_copies.TryGetValue(name, out var copy) && --copy.Users == 0) Drop(name, copy);
    }

    /// <summary>The folder is in its place. It is held once.</summary>
    public void Add(string digest, IReadOnlyList<string> copies)
    {
        lock (_gate) _folders[digest] = new(copies) { Holders = 1, IsChecked = true, UsedAt = time.GetUtcNow().UtcDateTime };
    }

    /// <summary>Removes a folder that turned out damaged, although the caller holds it. False when others hold it, too.</summary>
    public bool TryRemoveHeld(string digest)
    {
        lock (_gate)
        {
            if (_folders[digest].Holders > 1) return false;
            Remove(digest);
            return true;
        }
    }

    /// <summary>Folders of links alone are quickly made again; they keep removed blobs' bytes from becoming free, so they do not stay long unused.</summary>
    public void Sweep(TimeSpan links, TimeSpan copies)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow().UtcDateTime;
            foreach (var (digest, known) in _folders.Where(folder => folder.Value.Holders == 0).ToList())
                if (now - known.UsedAt > (known.Copies.Count == 0 ? links : copies)) Remove(digest);
        }
    }

    void MakeRoom(long bytes)
    {
        while (_bytes + bytes > mostBytes)
        {
            var idle = _folders.Where(folder => folder.Value.Holders == 0 && folder.Value.Copies.Count > 0).OrderBy(folder => folder.Value.UsedAt).Select(folder => folder.Key).FirstOrDefault()
                ?? throw new Refusal(RefusalKind.Unavailable, "All room for models at work is taken by those that run now; try again later.") { RetryAfter = TimeSpan.FromSeconds(30) };
            Remove(idle);
        }
    }

    void Remove(string digest)
    {
        var known = _folders[digest];
        _folders.Remove(digest);
        File.Delete(slot.ListOf(digest));
        slot.Remove(slot.FolderOf(digest));
        foreach (var name in known.Copies)
            if (_copies.TryGetValue(name, out var copy) && --copy.Users == 0) Drop(name, copy);
        log.FolderRemoved(digest, known.Copies.Count);
    }

    void Drop(string name, Copy copy)
    {
        _copies.Remove(name);
        _bytes -= copy.SizeBytes;
        File.Delete(slot.FileOf(name));
    }

    sealed class Copy(long sizeBytes)
    {
        public long SizeBytes => sizeBytes;
        public int Users { get; set; }
    }

    sealed class Known(IReadOnlyList<string> copies)
    {
        public IReadOnlyList<string> Copies => copies;
        public int Holders { get; set; }
        public bool IsChecked { get; set; }
        public DateTime UsedAt { get; set; }
    }
}
