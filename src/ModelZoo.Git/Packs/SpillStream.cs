namespace ModelZoo.Git.Packs;

/// <summary>Bytes that are written once and read back: in memory while they are few, else in a file that vanishes with the stream.</summary>
public sealed class SpillStream(string folder, int inMemory = 16 * 1024 * 1024) : Stream
{
    Stream _inner = new MemoryStream();

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => true;
    public override long Length => _inner.Length;
    public override long Position { get => _inner.Position; set => _inner.Position = value; }

    public override int Read(byte[] buffer, int offset, int count) => _inner.Read(buffer, offset, count);

    public override int Read(Span<byte> buffer) => _inner.Read(buffer);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_inner is MemoryStream && _inner.Position + buffer.Length > inMemory) Spill();
        _inner.Write(buffer);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_inner is MemoryStream && _inner.Position + buffer.Length > inMemory) Spill();
        await _inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    void Spill()
    {
        Directory.CreateDirectory(folder);
        var file = new FileStream(Path.Combine(folder, $"pack-{Guid.NewGuid():n}"), new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 64 * 1024, Options = FileOptions.DeleteOnClose,
        });
        var position = _inner.Position;
        _inner.Position = 0;
        _inner.CopyTo(file);
        file.Position = position;
        _inner.Dispose();
        _inner = file;
    }

    public override void Flush() => _inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => _inner.Seek(offset, origin);

    public override void SetLength(long value) => _inner.SetLength(value);

    protected override void Dispose(bool disposing)
    {
        if (disposing) _inner.Dispose();
        base.Dispose(disposing);
    }
}
