namespace ModelZoo.Inference.Runtime;

/// <summary>
/// Loaded models, shared by all who use them and bounded by the bytes they take. The one that nobody has used for longest goes first; one in use
/// never goes. A model that fits only when others are given back waits for them.
/// </summary>
public sealed class SessionCache(long limitBytes) : IDisposable
{
    readonly Lock _gate = new();
    readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    readonly LinkedList<Entry> _idle = new();
    TaskCompletionSource _given = new(TaskCreationOptions.RunContinuationsAsynchronously);
    bool _disposed;

    /// <summary>Bytes of all models that are loaded or being loaded.</summary>
    public long UsedBytes { get; private set; }

    public int Count
    {
        get
        {
            lock (_gate) return _entries.Count;
        }
    }

    /// <summary>The model of that key, loaded by the first who asks; everyone who asks meanwhile waits for the same load.</summary>
    /// <param name="sizeBytes">What the model will take; its weights' bytes, or somewhat more.</param>
    public async Task<SessionLease> RentAsync(string key, long sizeBytes, Func<CancellationToken, Task<OnnxSession>> open, CancellationToken stop)
    {
        if (sizeBytes > limitBytes) throw new InferenceException(InferenceFault.Limit, $"The model takes {sizeBytes} bytes; all models together may take {limitBytes}.");
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            Entry? entry = null;
            Task given;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                given = _given.Task;
                if (_entries.TryGetValue(key, out entry)) Take(entry);
                else if (MakeRoom(sizeBytes))
                {
                    entry = new(key, sizeBytes);
                    // The load belongs to all who wait for it, so none of them may stop it.
                    entry.Session = Task.Run(() => open(CancellationToken.None), CancellationToken.None);
                    _entries[key] = entry;
                    UsedBytes += sizeBytes;
                    entry.Users = 1;
                }
            }
            if (entry is null)
            {
                await given.WaitAsync(stop);
                continue;
            }
            try
            {
                return new(this, entry, await entry.Session.WaitAsync(stop));
            }
            catch
            {
                GiveBack(entry);
                throw;
            }
        }
    }

    void Take(Entry entry)
    {
        if (entry.Place is { } place)
        {
            _idle.Remove(place);
            entry.Place = null;
        }
        entry.Users++;
    }

    bool MakeRoom(long sizeBytes)
    {
        while (UsedBytes > limitBytes - sizeBytes)
        {
            if (_idle.First is not { } oldest) return false;
            Remove(oldest.Value);
        }
        return true;
    }

    void Remove(Entry entry)
    {
        if (entry.Place is { } place) _idle.Remove(place);
        entry.Place = null;
        _entries.Remove(entry.Key);
        UsedBytes -= entry.SizeBytes;
        if (entry.Session.IsCompletedSuccessfully) entry.Session.Result.Dispose();
        else _ = entry.Session.ContinueWith(static load => { if (load.IsCompletedSuccessfully) load.Result.Dispose(); }, TaskScheduler.Default);
    }

    internal void GiveBack(Entry entry)
    {
        lock (_gate)
        {
            if (--entry.Users > 0) return;
            // A load that failed is forgotten: the next who asks tries again.
            var isKept = !_disposed && !entry.Session.IsFaulted && !entry.Session.IsCanceled;
            if (isKept) entry.Place = _idle.AddLast(entry);
            else if (_entries.GetValueOrDefault(entry.Key) == entry) Remove(entry);
            _given.TrySetResult();
            _given = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Frees what nobody uses; what is in use goes when it is given back.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_idle.First is { } entry) Remove(entry.Value);
            _given.TrySetResult();
        }
    }

    internal sealed class Entry(string key, long sizeBytes)
    {
        public string Key { get; } = key;
        public long SizeBytes { get; } = sizeBytes;
        public Task<OnnxSession> Session { get; set; } = null!;
        public int Users { get; set; }
        public LinkedListNode<Entry>? Place { get; set; }
    }
}

/// <summary>The right to use a shared model until this is disposed.</summary>
public sealed class SessionLease : IDisposable
{
    readonly SessionCache _cache;
    SessionCache.Entry? _entry;

    internal SessionLease(SessionCache cache, SessionCache.Entry entry, OnnxSession session) => (_cache, _entry, Session) = (cache, entry, session);

    public OnnxSession Session { get; }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _entry, null) is { } entry) _cache.GiveBack(entry);
    }
}
