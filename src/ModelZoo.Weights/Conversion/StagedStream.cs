using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ModelZoo.Weights.Conversion;

/// <summary>
/// A file that is written from its beginning to its end and must be durable afterwards, at the speed of the disk: whole pages at a time; and the
/// system is told early to begin writing what it holds, so that the disk works while tensors are read and converted, and little is left to wait for
/// at the end.
/// </summary>
sealed partial class StagedStream : Stream
{
    /// <summary>Two of them stay in a core's caches.</summary>
    const int PieceBytes = 256 << 10;
    const int PageBytes = 4096;

    /// <summary>
    /// Memory that begins exactly at a page, as the file's pieces do, is copied five times as slowly by some processors (AMD's Zen 4, whose string
    /// moves suffer when both addresses agree in their low bits); a cache line further on it is not.
    /// </summary>
    const int Aside = 64;
    const long WriteBackBytes = 8 << 20;
    const uint StartWriting = 2;        // SYNC_FILE_RANGE_WRITE in linux/fs.h

    readonly SafeFileHandle _file;
    readonly Memory<byte>[] _pieces = [MakePiece(), MakePiece()];
    Task _writing = Task.CompletedTask;
    int _piece;
    int _from;
    int _filled;
    long _pieceStart;
    long _begun;

    /// <param name="expectedBytes">Room that is taken at once lies in one piece, and a disk that is too small says so before the work is done.</param>
    public StagedStream(string path, long expectedBytes) =>
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, preallocationSize: expectedBytes);

    /// <summary>Memory to fill next; never empty. What was filled is told to <see cref="AdvanceAsync"/>.</summary>
    public Memory<byte> Room => _pieces[_piece][_filled..];

    public override long Position
    {
        get => _pieceStart + _filled - _from;
        set
        {
            if (value == Position) return;
            WritePiece();
            StartPiece(value);
        }
    }

    /// <param name="beside">Write a full piece while the next is filled; otherwise before, which is as fast when filling is only reading a file.</param>
    public async ValueTask AdvanceAsync(int bytes, bool beside)
    {
        _filled += bytes;
        if (_filled < PieceBytes) return;
        await _writing;
        if (!beside) WritePiece();
        else
        {
            var (piece, at) = (_pieces[_piece][_from.._filled], _pieceStart);
            _writing = Task.Run(() => WriteAt(at, piece.Span));
            _piece = 1 - _piece;
        }
        StartPiece(Position);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var count = Math.Min(buffer.Length, PieceBytes - _filled);
            buffer[..count].CopyTo(Room.Span);
            buffer = buffer[count..];
            _filled += count;
            if (_filled < PieceBytes) continue;
            WritePiece();
            StartPiece(Position);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = Math.Min(buffer.Length, PieceBytes - _filled);
            buffer[..count].CopyTo(Room);
            buffer = buffer[count..];
            await AdvanceAsync(count, beside: true);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>All of it, on the disk.</summary>
    public void FlushToDisk()
    {
        Flush();
        RandomAccess.FlushToDisk(_file);
    }

    public override void Flush()
    {
        WritePiece();
        StartPiece(Position);
    }

    /// <summary>Writes what the piece holds, after the one that is on its way.</summary>
    void WritePiece()
    {
        _writing.GetAwaiter().GetResult();
        WriteAt(_pieceStart, _pieces[_piece].Span[_from.._filled]);
    }

    void WriteAt(long at, ReadOnlySpan<byte> piece)
    {
        RandomAccess.Write(_file, piece, at);
        var end = at + piece.Length;
        if (!OperatingSystem.IsLinux() || end - _begun < WriteBackBytes) return;
        // A hint: what comes of it is told by the flush at the end.
        _ = SyncFileRange(_file, _begun, end - _begun, StartWriting);
        _begun = end;
    }

    void StartPiece(long at)
    {
        _pieceStart = at;
        _from = _filled = (int)(at % PageBytes);
    }

    /// <summary>Memory that begins a little behind a page and does not move.</summary>
    static Memory<byte> MakePiece()
    {
        var bytes = GC.AllocateUninitializedArray<byte>(PieceBytes + PageBytes + Aside, pinned: true);
        var over = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0) % PageBytes);
        return bytes.AsMemory(PageBytes - over + Aside, PieceBytes);
    }

    public override bool CanRead => false;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => Math.Max(RandomAccess.GetLength(_file), Position);

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    public override void SetLength(long value) => RandomAccess.SetLength(_file, value);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>What was not flushed is lost: nobody wants a file that is not complete.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _writing.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
            _file.Dispose();
        }
        base.Dispose(disposing);
    }

    [LibraryImport("libc", EntryPoint = "sync_file_range")]
    private static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);
}
