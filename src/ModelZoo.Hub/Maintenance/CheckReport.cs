using System.Collections.Concurrent;

namespace ModelZoo.Hub.Maintenance;

/// <summary>One thing that is not as it should be.</summary>
/// <param name="Kind">One of the words of <see cref="CheckReport"/>.</param>
/// <param name="Subject">What it is about: "git object ID of OWNER/NAME", "blob DIGEST", "OWNER/NAME refs/heads/main".</param>
sealed record CheckFinding(string Kind, string Subject, string Detail);

/// <summary>What a check looked at and found. Problems make it fail; notes are things that the next sweep removes.</summary>
sealed class CheckReport
{
    public const string Missing = "missing";            // something refers to it, it is not there
    public const string Corrupt = "corrupt";            // its bytes are not what its name says
    public const string Mismatch = "mismatch";          // rows that repeat what an object says, and say it wrongly
    public const string Dangling = "dangling";          // a row that leads nowhere
    public const string Unreferenced = "unreferenced";  // nothing leads to it

    readonly ConcurrentQueue<CheckFinding> _problems = new();
    readonly ConcurrentQueue<CheckFinding> _notes = new();
    long _objects, _blobs, _blobBytes;

    public bool IsClean => _problems.IsEmpty;
    public int Repositories { get; set; }
    public long Objects => _objects;
    public long Blobs => _blobs;
    public long BlobBytes => _blobBytes;
    public IReadOnlyList<CheckFinding> Problems => [.. _problems.OrderBy(p => p.Subject, StringComparer.Ordinal).ThenBy(p => p.Kind, StringComparer.Ordinal)];
    public IReadOnlyList<CheckFinding> Notes => [.. _notes.OrderBy(p => p.Subject, StringComparer.Ordinal)];

    internal void Problem(string kind, string subject, string detail) => _problems.Enqueue(new(kind, subject, detail));

    internal void Problem(CheckFinding finding) => _problems.Enqueue(finding);

    internal void Note(string subject, string detail) => _notes.Enqueue(new(Unreferenced, subject, detail));

    internal void CountObject() => Interlocked.Increment(ref _objects);

    internal void CountBlob(long sizeBytes)
    {
        Interlocked.Increment(ref _blobs);
        Interlocked.Add(ref _blobBytes, sizeBytes);
    }

    public override string ToString() =>
        $"Checked {Repositories} repositories, {Objects} git objects and {Blobs} blobs ({BlobBytes} bytes): {_problems.Count} problems, {_notes.Count} notes.";
}
