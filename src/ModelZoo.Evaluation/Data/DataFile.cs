using System.IO.Compression;
using ModelZoo.Weights;

namespace ModelZoo.Evaluation.Data;

/// <summary>A file of a dataset in a local folder.</summary>
/// <param name="Path">Inside the dataset, with '/'.</param>
/// <param name="FullPath">On this machine.</param>
public sealed record DataFile(string Path, string FullPath)
{
    /// <summary>The content, unpacked when the file is compressed. Ends with an error where the limit is.</summary>
    public Stream Open(DataLimits limits)
    {
        var file = new FileStream(FullPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        Stream content = Path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        return new BoundedStream(content, limits.MaxFileBytes, Path);
    }

    /// <summary>The whole content, for what cannot be read in pieces.</summary>
    public byte[] ReadAll(DataLimits limits)
    {
        using var content = Open(limits with { MaxFileBytes = limits.MaxWholeBytes });
        using var copy = new MemoryStream();
        content.CopyTo(copy);
        return copy.ToArray();
    }

    public EvaluationException Bad(string message) => new($"{Path}: {message}");

    public EvaluationException BadLine(long line, string message) => new($"{Path}, line {line}: {message}");
}

/// <summary>Reads on until a limit; what is broken inside is said with the file's name.</summary>
sealed class BoundedStream(Stream content, long limitBytes, string name) : ForwardStream
{
    long _read;

    protected override long? ReadSoFar => _read;

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return Count(content.Read(buffer));
        }
        catch (InvalidDataException e)
        {
            throw Broken(e);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken stop = default)
    {
        try
        {
            return Count(await content.ReadAsync(buffer, stop));
        }
        catch (InvalidDataException e)
        {
            throw Broken(e);
        }
    }

    int Count(int read) => (_read += read) <= limitBytes ? read : throw new EvaluationException($"{name}: more than {limitBytes} bytes unpacked.");

    EvaluationException Broken(InvalidDataException e) => new($"{name}: the compressed content is broken.", e);

    protected override void Dispose(bool disposing)
    {
        if (disposing) content.Dispose();
        base.Dispose(disposing);
    }
}
