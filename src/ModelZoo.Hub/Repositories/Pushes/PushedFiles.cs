using System.Globalization;
using ModelZoo.Git;
using ModelZoo.Git.Packs;

namespace ModelZoo.Hub.Repositories.Pushes;

/// <summary>Which of a push's files may not be stored: large ones that should have gone through LFS, and pointers to content that this account may not use here.</summary>
sealed class PushedFiles
{
    const int MaxNamed = 10;

    readonly Dictionary<ObjectId, LfsPointer> _pointers = [];
    readonly IReadOnlyDictionary<Digest, long> _usable;
    readonly long _inlineBytes;
    readonly SortedDictionary<string, long> _large = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, string> _without = new(StringComparer.Ordinal);

    PushedFiles(Dictionary<ObjectId, LfsPointer> pointers, IReadOnlyDictionary<Digest, long> usable, long inlineBytes) =>
        (_pointers, _usable, _inlineBytes) = (pointers, usable, inlineBytes);

    /// <summary>The pointers among the pack's blobs.</summary>
    public IReadOnlyDictionary<ObjectId, LfsPointer> Pointers => _pointers;

    public static async Task<PushedFiles> ReadAsync(UnpackedPack pack, BlobLinkStore links, long repositoryId, long accountId, long inlineBytes, CancellationToken stop)
    {
        var pointers = new Dictionary<ObjectId, LfsPointer>();
        foreach (var (id, item) in pack.Objects)
            if (item is { Type: ObjectType.Blob, SizeBytes: > 0 and <= LfsPointer.MaxBytes } && LfsPointer.TryParse(pack.Read(item), out var pointer)) pointers[id] = pointer;
        var usable = await links.UsableAsync(repositoryId, accountId, [.. pointers.Values.Select(pointer => pointer.Digest)], stop);
        return new(pointers, usable, inlineBytes);
    }

    public bool IsRefused(ObjectId id, PackedObject item, string path)
    {
        if (item.SizeBytes > _inlineBytes)
        {
            _large[path] = item.SizeBytes;
            return true;
        }
        if (!_pointers.TryGetValue(id, out var pointer)) return false;
        if (!_usable.TryGetValue(pointer.Digest, out var size)) _without[path] = $"'{path}' points to content that was not uploaded ({pointer.Digest.Hex[..12]}…).";
        else if (size != pointer.SizeBytes) _without[path] = $"'{path}' states {pointer.SizeBytes} bytes; its content has {size}.";
        else return false;
        return true;
    }

    /// <summary>What was refused and what to do about it, line by line.</summary>
    public IEnumerable<string> Words()
    {
        if (_large.Count > 0)
        {
            yield return $"These files are larger than {Megabytes(_inlineBytes)} and must go through Git LFS:";
            foreach (var (path, size) in _large.Take(MaxNamed)) yield return $"  {path} ({Megabytes(size)})";
            if (_large.Count > MaxNamed) yield return $"  and {_large.Count - MaxNamed} more";
            yield return "Move them there, in the commits that were not pushed yet, and push again:";
            yield return "  git lfs install";
            yield return $"  git lfs migrate import --include=\"{string.Join(',', _large.Keys.Take(MaxNamed).Select(Pattern))}\"";
            yield return "  git push";
        }
        if (_without.Count > 0)
        {
            foreach (var words in _without.Values.Take(MaxNamed)) yield return words;
            if (_without.Count > MaxNamed) yield return $"And {_without.Count - MaxNamed} more.";
            yield return "Upload the content of large files first: git lfs install, then git lfs push --all origin";
        }
    }

    public static string TooLargeWords(long inlineBytes) =>
        $"A file larger than {Megabytes(inlineBytes)} must go through Git LFS. Move such files there and push again: git lfs migrate import --above={inlineBytes}B";

    static string Megabytes(long bytes) => bytes < 1_000_000 ? $"{bytes} bytes" : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB");

    /// <summary>Characters that stand for others in git's patterns are taken as they are.</summary>
    static string Pattern(string path) => string.Concat(path.Select(c => c is '*' or '?' or '[' or ',' or '"' or '\\' ? '?' : c));
}
