using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using ModelZoo.Git;

namespace ModelZoo.Hub.Tests.Storage;

/// <summary>Content for the storage tests: reproducible bytes, their name, and ways to send them.</summary>
sealed record Bytes(byte[] Content)
{
    public static Bytes Random(int length, int seed)
    {
        var content = new byte[length];
        new Random(seed).NextBytes(content);
        return new(content);
    }

    public Digest Digest { get; } = Digest.FromHash(SHA256.HashData(Content));

    public long Size => Content.Length;

    public PipeReader Send() => PipeReader.Create(new MemoryStream(Content, writable: false));

    public Bytes Part(int number, long partBytes) => new(Content.Skip((int)((number - 1) * partBytes)).Take((int)partBytes).ToArray());

    /// <summary>Sends some bytes and then never goes on.</summary>
    public PipeReader SendAndHang(int length)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        pipe.Writer.Write(Content.AsSpan(0, length));
        _ = pipe.Writer.FlushAsync().AsTask();
        return pipe.Reader;
    }
}
