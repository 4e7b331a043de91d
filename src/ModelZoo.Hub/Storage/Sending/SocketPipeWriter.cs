using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Win32.SafeHandles;

namespace ModelZoo.Hub.Storage.Sending;

/// <summary>
/// Writes straight to the socket. In file mode <see cref="Advance"/> only counts, and <see cref="FlushAsync"/> sends the file's
/// next bytes with sendfile(2). So Kestrel counts the body as always, and Content-Length and keep-alive stay right.
/// </summary>
/// <remarks>
/// A send that fails, stalls, is cancelled or runs out of file aborts the connection: the client was promised bytes that will not
/// come, and nothing else may be sent in their place. One caller at a time; Kestrel sees to that.
/// </remarks>
sealed partial class SocketPipeWriter(Socket socket, TimeSpan stallLimit, Action<ConnectionAbortedException> abort) : PipeWriter, IFileSegmentSink
{
    /// <summary>How much of a file one flush may take: what comes above this writer costs per flush, not per byte.</summary>
    public const int MaxFileBytes = 4 << 20;

    const int MinBufferBytes = 4096, MaxBufferBytes = 64 * 1024;

    /// <summary>What is copied to wait for room in the socket; little, for the rest goes without a copy again.</summary>
    const int PieceBytes = 8 * 1024;

    // errno of Linux, the only system this runs on.
    const int Interrupted = 4, WouldBlock = 11;

    static readonly PhantomMemory Phantom = new(MaxFileBytes);

    readonly List<(byte[] Array, int Count)> _full = [];    // filled buffers, not yet sent
    byte[]? _buffer;
    int _count;
    SafeFileHandle? _file;
    long _fileOffset;
    int _filePending;
    bool _flushing;
    volatile bool _completed;
    volatile bool _canceled;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _full.Sum(full => (long)full.Count) + _count + _filePending;

    public void BeginFile(SafeFileHandle file, long offset) => (_file, _fileOffset) = (file, offset);

    public void EndFile()
    {
        if (_filePending != 0 && !_completed) throw new InvalidOperationException("Bytes of the file were announced and not flushed.");
        (_file, _filePending) = (null, 0);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_file is not null) return Phantom.Memory;
        if (_buffer is not null && _buffer.Length - _count < Math.Max(1, sizeHint))
        {
            _full.Add((_buffer, _count));
            (_buffer, _count) = (null, 0);
        }
        // Small answers take little; a long answer without flushes takes ever larger buffers, so that it is few sends.
        _buffer ??= ArrayPool<byte>.Shared.Rent(Math.Max(sizeHint, Math.Min(MaxBufferBytes, MinBufferBytes << Math.Min(_full.Count, 4))));
        return _buffer.AsMemory(_count);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) =>
        _file is null ? GetMemory(sizeHint).Span : throw new InvalidOperationException("The bytes come from a file: nobody else may write them.");

    public override void Advance(int bytes)
    {
        if (_file is null) _count += bytes;
        else _filePending += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_completed)
        {
            if (!_flushing) Release();      // whoever still writes to a dead connection writes into the void
            return new(new FlushResult(isCanceled: false, isCompleted: true));
        }
        var sent = 0;
        if (_full.Count == 0 && _filePending == 0 && !_canceled)
        {
            // The usual small response: one buffer, one send that completes at once.
            sent = TrySend();
            if (sent == _count)
            {
                Release();
                return new(new FlushResult(isCanceled: false, isCompleted: false));
            }
        }
        return FlushRestAsync(sent, cancellationToken);
    }

    /// <summary>Sends what goes without waiting; an error counts as nothing sent and shows again in the send that waits.</summary>
    int TrySend()
    {
        if (_buffer is null || _count == 0) return 0;
        try
        {
            return (int)Math.Max(0, Send(socket.SafeHandle, ref MemoryMarshal.GetArrayDataReference(_buffer), _count, 0x40 | 0x4000 /* MSG_DONTWAIT | MSG_NOSIGNAL */));
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
    }

    async ValueTask<FlushResult> FlushRestAsync(int alreadySent, CancellationToken stop)
    {
        _flushing = true;
        try
        {
            foreach (var (array, count) in _full) await SendAsync(array.AsMemory(0, count), stop);
            if (_count > alreadySent) await SendAsync(_buffer.AsMemory(alreadySent, _count - alreadySent), stop);
            if (_filePending > 0) await SendFileAsync(stop);
        }
        catch (OperationCanceledException)
        {
            Fail("A response was cancelled midway.");
            throw;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException)
        {
            Fail(error.Message);
        }
        finally
        {
            _flushing = false;
            Release();
        }
        var canceled = _canceled;
        _canceled = false;
        return new(isCanceled: canceled, isCompleted: _completed);
    }

    void Fail(string reason)
    {
        if (_completed) return;
        _completed = true;
        abort(new ConnectionAbortedException(reason));
    }

    async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        while (bytes.Length > 0)
        {
            var sending = socket.SendAsync(bytes[..Math.Min(bytes.Length, MaxBufferBytes)], SocketFlags.None, stop);
            bytes = bytes[(sending.IsCompleted ? await sending : await WatchAsync(sending.AsTask()))..];
        }
    }

    /// <summary>
    /// Waits for a send as long as the client takes anything at all. That the send itself does not end says little: the system
    /// reports room only when a good part of its buffer, often megabytes, is free again.
    /// </summary>
    async Task<int> WatchAsync(Task<int> sending)
    {
        for (var accepted = AcceptedBytes(); ;)
        {
            try
            {
                return await sending.WaitAsync(stallLimit);
            }
            catch (TimeoutException)
            {
                var now = AcceptedBytes();
                if (now > accepted)
                {
                    accepted = now;
                    continue;
                }
                Fail($"The client accepted nothing for {stallLimit.TotalSeconds} s.");
                // The aborted send must end before its buffer goes to someone else.
                await ((Task)sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw new IOException("The client stalled.");
            }
        }
    }

    /// <summary>tcpi_bytes_acked, at byte 120 of Linux's struct tcp_info; 0 where the socket is not TCP.</summary>
    ulong AcceptedBytes()
    {
        Span<byte> info = stackalloc byte[128];
        try
        {
            return socket.GetRawSocketOption(6 /* IPPROTO_TCP */, 11 /* TCP_INFO */, info) == info.Length ? MemoryMarshal.Read<ulong>(info[120..]) : 0;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return 0;
        }
    }

    async ValueTask SendFileAsync(CancellationToken stop)
    {
        while (_filePending > 0)
        {
            var sent = SendFile(socket.SafeHandle, _file!, ref _fileOffset, _filePending);
            if (sent > 0)
            {
                _filePending -= (int)sent;
                continue;
            }
            if (sent == 0) throw new IOException("The file is shorter than announced.");
            var errno = Marshal.GetLastPInvokeError();
            if (errno == Interrupted) continue;
            if (errno != WouldBlock) throw new IOException($"Cannot send the file: {Marshal.GetPInvokeErrorMessage(errno)}", errno);
            await SendPieceAsync(stop);
        }
    }

    /// <summary>The socket's buffer is full. Sending one small ordinary piece lets the runtime's own poller wait for room.</summary>
    async ValueTask SendPieceAsync(CancellationToken stop)
    {
        var piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            var count = RandomAccess.Read(_file!, piece.AsSpan(0, Math.Min(_filePending, PieceBytes)), _fileOffset);
            if (count == 0) throw new IOException("The file is shorter than announced.");
            await SendAsync(piece.AsMemory(0, count), stop);
            _fileOffset += count;
            _filePending -= count;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    public override void CancelPendingFlush() => _canceled = true;

    public override void Complete(Exception? exception = null)
    {
        _completed = true;
        // A flush under way still reads the buffers and releases them when it ends.
        if (!_flushing) Release();
    }

    void Release()
    {
        foreach (var (array, _) in _full) ArrayPool<byte>.Shared.Return(array);
        _full.Clear();
        if (_buffer is not null) ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _count) = (null, 0);
    }

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(SafeHandle socket, ref byte bytes, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "sendfile", SetLastError = true)]
    private static partial nint SendFile(SafeHandle socket, SafeHandle file, ref long offset, nint count);
}
