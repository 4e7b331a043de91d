using System.Security.Cryptography;

namespace ModelZoo.Git.Packs;

/// <summary>A pack's bytes in order, hashed as they are used up. Bytes that were looked at too early can be given back.</summary>
sealed class PackInput(Stream stream) : IDisposable
{
    /// <summary>How many bytes can be given back, whatever was read since.</summary>
    public const int Keep = 8;

    readonly byte[] _buffer = new byte[64 * 1024 + Keep];
    readonly IncrementalHash _sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
    int _next, _end, _hashed;
    long _before;

    /// <summary>Offset in the pack of the next byte.</summary>
    public long Position => _before + _next;

    /// <summary>The next byte, or -1 at the end.</summary>
    public int TryRead() => _next < _end || Fill() ? _buffer[_next++] : -1;

    public byte Read() => TryRead() is >= 0 and var value ? (byte)value : throw new PackFormatException("The pack is cut off.");

    public void GiveBack(int count) => _next -= count;

    /// <summary>Up to <paramref name="most"/> bytes that are there already; at least one.</summary>
    public ReadOnlySpan<byte> ReadSome(int most)
    {
        if (_next == _end && !Fill()) throw new PackFormatException("The pack is cut off.");
        var count = Math.Min(most, _end - _next);
        _next += count;
        return _buffer.AsSpan(_next - count, count);
    }

    /// <summary>SHA-1 of everything before the next byte; nothing is hashed after it.</summary>
    public byte[] FinishHash()
    {
        _sha1.AppendData(_buffer, _hashed, _next - _hashed);
        _hashed = _next;
        return _sha1.GetHashAndReset();
    }

    /// <summary>What was just used up may still be given back, so its last bytes stay and are hashed later.</summary>
    bool Fill()
    {
        var keep = Math.Min(Keep, _next);
        var from = _next - keep;
        if (from > _hashed)
        {
            _sha1.AppendData(_buffer, _hashed, from - _hashed);
            _hashed = from;
        }
        Buffer.BlockCopy(_buffer, from, _buffer, 0, keep);
        (_before, _next, _hashed) = (_before + from, keep, _hashed - from);
        var read = stream.Read(_buffer, keep, _buffer.Length - keep);
        _end = keep + read;
        return read > 0;
    }

    public void Dispose() => _sha1.Dispose();
}
