using System.IO.Compression;

namespace ModelZoo.Weights.Zip;

/// <summary>
/// A compressed entry, unpacked as it is read forwards; going back begins anew. No more is unpacked than the entry declares, and never more than is
/// asked for.
/// </summary>
sealed class InflatedSource(IByteSource source, WeightFormat format, ZipEntry entry, long start) : IByteSource, IDisposable
{
    const int SkipBytes = 64 << 10;

    DeflateStream? _content;
    long _position;

    public long Length => entry.Bytes;

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        if (offset >= Length) return 0;
        if (_content is null || offset < _position) Restart();
        try
        {
            var skipped = new byte[(int)Math.Min(SkipBytes, offset - _position)];
            while (_position < offset)
            {
                var passed = await _content!.ReadAsync(skipped.AsMemory(0, (int)Math.Min(skipped.Length, offset - _position)), stop);
                if (passed == 0) return 0;
                _position += passed;
            }
            var read = await _content!.ReadAsync(buffer[..(int)Math.Min(buffer.Length, Length - offset)], stop);
            _position += read;
            return read;
        }
        catch (InvalidDataException problem)
        {
            throw new WeightFormatException(format, $"Entry '{entry.Name}' cannot be unpacked.", problem);
        }
    }

    void Restart()
    {
        Dispose();
        _content = new DeflateStream(new SourceStream(source, start, entry.CompressedBytes), CompressionMode.Decompress);
        _position = 0;
    }

    public void Dispose() => _content?.Dispose();
}
