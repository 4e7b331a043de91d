using System.Text.Json;

namespace ModelZoo.Client;

/// <summary>
/// Remembers which bytes of a partial download are there, in a small JSON file beside it. It may claim too much after a power
/// cut (the file's bytes need not be on disk yet); the digest check at the end finds that and the download begins anew.
/// </summary>
sealed class ResumeJournal
{
    readonly string _path;
    readonly Lock _gate = new();
    readonly long[] _done;
    long _unsavedBytes;

    /// <summary>Between two writes of the journal: what a kill may cost.</summary>
    const long SaveEveryBytes = 16 << 20;

    ResumeJournal(string path, string etag, RangePlan plan, long[] done) => (_path, ETag, Plan, _done) = (path, etag, plan, done);

    public string ETag { get; }

    public RangePlan Plan { get; }

    public long DoneBytes { get { lock (_gate) return _done.Sum(); } }

    public static ResumeJournal New(string path, string etag, RangePlan plan) => new(path, etag, plan, new long[plan.Count]);

    /// <summary>The journal of an earlier try at the same content; null when there is none that fits.</summary>
    public static ResumeJournal? Find(string path, string etag, long sizeBytes)
    {
        try
        {
            if (!File.Exists(path) || JsonSerializer.Deserialize<Entry>(File.ReadAllBytes(path), Json.Options) is not { } entry) return null;
            if (entry.Etag != etag || entry.Size != sizeBytes || entry.RangeSize <= 0 || entry.Done is null) return null;
            var plan = new RangePlan(sizeBytes, entry.RangeSize);
            if (entry.Done.Length != plan.Count) return null;
            for (var i = 0; i < plan.Count; i++)
                if (entry.Done[i] < 0 || entry.Done[i] > plan[i].LengthBytes) return null;
            return new(path, etag, plan, entry.Done);
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return null;                                     // half-written: begin anew
        }
    }

    public long DoneIn(int range) { lock (_gate) return _done[range]; }

    public void Advance(int range, int bytes)
    {
        lock (_gate)
        {
            _done[range] += bytes;
            if ((_unsavedBytes += bytes) >= SaveEveryBytes) Save();
        }
    }

    /// <summary>Forgets a range whose beginning has to be fetched again.</summary>
    public void Restart(int range) { lock (_gate) _done[range] = 0; }

    public void Save()
    {
        lock (_gate)
        {
            var beside = _path + ".new";
            File.WriteAllBytes(beside, JsonSerializer.SerializeToUtf8Bytes(new Entry(ETag, Plan.SizeBytes, Plan.RangeSizeBytes, _done), Json.Options));
            File.Move(beside, _path, overwrite: true);
            _unsavedBytes = 0;
        }
    }

    public void Delete() => File.Delete(_path);

    sealed record Entry(string Etag, long Size, long RangeSize, long[] Done);
}
