using System.Formats.Tar;
using System.IO.Compression;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>
/// The files of a tar, tar.gz or zip archive without unpacking it: names and small texts are taken in one pass, states are laid out on disk a few at a time
/// when they are asked for, and removed again. Paths that leave the archive, links, devices and what expands without measure are left out or refused.
/// </summary>
public sealed class ArchiveFiles : IModelFiles, IDisposable
{
    const int MaxEntries = 2_000_000;
    const long MaxTextBytes = 256L << 20;
    const long MaxTextsBytes = 4L << 30;

    /// <summary>Weights hardly compress and texts do by ten or twenty: what grows by more is made to fill disks.</summary>
    const long MaxGrowth = 100;
    const long FreeGrowth = 256L << 20;

    readonly string _archive;
    readonly bool _isZip;
    readonly string _staging = Directory.CreateTempSubdirectory("zoo-archive-").FullName;
    readonly Dictionary<string, (long Order, long Bytes)> _entries = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _onDisk = new(StringComparer.Ordinal);
    readonly List<string> _staged = [];
    readonly List<string> _skipped = [];
    TarReader? _reader;
    Stream? _stream;
    long _at;

    ArchiveFiles(string archive, bool isZip) => (_archive, _isZip) = (archive, isZip);

    public IReadOnlyList<ModelFile> Files { get; private set; } = [];

    /// <summary>What was left out, and why.</summary>
    public IReadOnlyList<string> Skipped => _skipped;

    /// <summary>Whether a file's name says that it is one of these archives.</summary>
    public static bool IsArchive(string path) => path.EndsWith(".zip", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="PopulationException">The archive is damaged, or expands without measure.</exception>
    public static async Task<ArchiveFiles> ReadAsync(string archive, CancellationToken stop)
    {
        var files = new ArchiveFiles(archive, archive.EndsWith(".zip", StringComparison.OrdinalIgnoreCase));
        try
        {
            if (files._isZip) await files.IndexZipAsync(stop);
            else await files.IndexTarAsync(stop);
            files.Files = [.. files._entries.Select(entry => new ModelFile(entry.Key, entry.Value.Bytes)).OrderBy(file => file.Path, StringComparer.Ordinal)];
            return files;
        }
        catch (Exception problem) when (problem is InvalidDataException or EndOfStreamException or FormatException)
        {
            files.Dispose();
            throw new PopulationException($"'{Path.GetFileName(archive)}' is damaged: {problem.Message}", problem);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Where a file stands in the archive; reading in this order reads the archive once.</summary>
    public long OrderOf(string path) => _entries.TryGetValue(path, out var entry) ? entry.Order : long.MaxValue;

    /// <summary>Lays these files out on disk and removes those laid out before.</summary>
    public async Task StageAsync(IReadOnlyCollection<string> paths, CancellationToken stop)
    {
        foreach (var path in _staged)
        {
            File.Delete(_onDisk[path]);
            _onDisk.Remove(path);
        }
        _staged.Clear();
        var wanted = paths.Where(path => _entries.ContainsKey(path) && !_onDisk.ContainsKey(path)).ToHashSet(StringComparer.Ordinal);
        if (wanted.Count == 0) return;
        try
        {
            if (_isZip) await StageZipAsync(wanted, stop);
            else await StageTarAsync(wanted, stop);
        }
        catch (Exception problem) when (problem is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new PopulationException($"'{Path.GetFileName(_archive)}' is damaged: {problem.Message}", problem);
        }
    }

    public async ValueTask<IByteSource> OpenAsync(string path, CancellationToken stop)
    {
        if (!_entries.ContainsKey(path)) throw new FileNotFoundException($"There is no '{path}' in the archive.", path);
        if (!_onDisk.ContainsKey(path)) await StageAsync([path], stop);
        return new FileByteSource(_onDisk[path]);
    }

    async Task IndexTarAsync(CancellationToken stop)
    {
        Rewind();
        var texts = 0L;
        var (total, limit) = (0L, Limit());
        while (await NextAsync(stop) is { } entry)
        {
            total += entry.Length;
            if (total > limit) throw TooLarge();
            if (FindPath(entry.Name) is not { } path) continue;
            if (entry.EntryType is TarEntryType.Directory or TarEntryType.GlobalExtendedAttributes) continue;
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile)) _skipped.Add($"'{path}' was left out: it is a {entry.EntryType}, not a file.");
            else if (Add(path, entry.Length) && IsText(path, entry.Length) && (texts += entry.Length) <= MaxTextsBytes) await KeepAsync(path, entry.DataStream ?? Stream.Null, entry.Length, stop);
        }
    }

    async Task IndexZipAsync(CancellationToken stop)
    {
        using var zip = ZipFile.OpenRead(_archive);
        var (total, texts, limit) = (0L, 0L, Limit());
        foreach (var entry in zip.Entries)
        {
            _at++;
            if (_at > MaxEntries) throw new PopulationException($"The archive has more than {MaxEntries} entries.");
            total += entry.Length;
            if (total > limit) throw TooLarge();
            if (entry.FullName.EndsWith('/') || FindPath(entry.FullName) is not { } path) continue;
            // The upper half holds Unix' mode: type 0xA000 is a link, and no other type than 0x8000 is a file.
            if ((entry.ExternalAttributes >> 16 & 0xF000) is not (0 or 0x8000)) _skipped.Add($"'{path}' was left out: it is a link or a device, not a file.");
            else if (Add(path, entry.Length) && IsText(path, entry.Length) && (texts += entry.Length) <= MaxTextsBytes)
            {
                await using var content = await entry.OpenAsync(stop);
                await KeepAsync(path, content, entry.Length, stop);
            }
        }
    }

    async Task StageTarAsync(HashSet<string> wanted, CancellationToken stop)
    {
        if (_reader is null || wanted.Min(OrderOf) <= _at) Rewind();
        while (wanted.Count > 0 && await NextAsync(stop) is { } entry)
        {
            // A name may come twice: the first counts.
            if (FindPath(entry.Name) is not { } path || !wanted.Contains(path) || OrderOf(path) != _at) continue;
            await KeepAsync(path, entry.DataStream ?? Stream.Null, entry.Length, stop);
            _staged.Add(path);
            wanted.Remove(path);
        }
    }

    async Task StageZipAsync(HashSet<string> wanted, CancellationToken stop)
    {
        using var zip = ZipFile.OpenRead(_archive);
        var order = 0L;
        foreach (var entry in zip.Entries)
        {
            order++;
            if (FindPath(entry.FullName) is not { } path || !wanted.Contains(path) || OrderOf(path) != order) continue;
            await using var content = await entry.OpenAsync(stop);
            await KeepAsync(path, content, entry.Length, stop);
            _staged.Add(path);
        }
    }

    async Task KeepAsync(string path, Stream content, long bytes, CancellationToken stop)
    {
        var file = Path.Combine(_staging, OrderOf(path).ToString(System.Globalization.CultureInfo.InvariantCulture));
        await using (var target = File.Create(file))
        {
            var buffer = new byte[1 << 16];
            for (int read; (read = await content.ReadAsync(buffer, stop)) > 0;)
            {
                if (target.Length + read > bytes) throw new PopulationException($"'{path}' holds more than the {bytes} bytes that the archive says.");
                await target.WriteAsync(buffer.AsMemory(0, read), stop);
            }
            if (target.Length != bytes) throw new PopulationException($"'{path}' ends too early in the archive.");
        }
        _onDisk[path] = file;
    }

    bool Add(string path, long bytes)
    {
        if (_entries.Count == MaxEntries) throw new PopulationException($"The archive has more than {MaxEntries} files.");
        if (_entries.TryAdd(path, (_at, bytes))) return true;
        _skipped.Add($"'{path}' is in the archive twice; the first counts.");
        return false;
    }

    string? FindPath(string name)
    {
        var path = name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
        if (path.Length == 0 || path == ".") return null;
        if (path.TrimEnd('/') is { Length: > 0 and <= 1024 } safe && RelativePath.IsSafe(safe) && !safe.Any(char.IsControl)) return safe;
        if (_reader is not null || _isZip)
            if (!_entries.ContainsKey(name) && _skipped.Count < 1000 && !_skipped.Exists(line => line.Contains(name, StringComparison.Ordinal))) _skipped.Add($"'{new string([.. name.Take(200).Select(c => char.IsControl(c) ? '?' : c)])}' was left out: its path leaves the archive.");
        return null;
    }

    static bool IsText(string path, long bytes) => bytes <= MaxTextBytes && (path.EndsWith(".json", StringComparison.Ordinal) || path.EndsWith(".jsonl", StringComparison.Ordinal) || path.EndsWith(".csv", StringComparison.Ordinal));

    async Task<TarEntry?> NextAsync(CancellationToken stop)
    {
        if (await _reader!.GetNextEntryAsync(copyData: false, stop) is not { } entry) return null;
        if (++_at > MaxEntries) throw new PopulationException($"The archive has more than {MaxEntries} entries.");
        return entry;
    }

    void Rewind()
    {
        Close();
        var file = new FileStream(_archive, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        _stream = _archive.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) ? file : new GZipStream(file, CompressionMode.Decompress);
        _reader = new(_stream);
        _at = 0;
    }

    long Limit() => checked(FreeGrowth + MaxGrowth * new FileInfo(_archive).Length);

    PopulationException TooLarge() => new($"'{Path.GetFileName(_archive)}' expands to more than {MaxGrowth} times its size; it is not read.");

    void Close()
    {
        _reader?.Dispose();
        _stream?.Dispose();
        (_reader, _stream) = (null, null);
    }

    public void Dispose()
    {
        Close();
        if (Directory.Exists(_staging)) Directory.Delete(_staging, recursive: true);
    }
}
