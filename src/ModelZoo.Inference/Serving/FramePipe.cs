using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelZoo.Inference.Serving;

/// <summary>One message between a hub and a worker: a JSON object, and bytes that are no JSON.</summary>
public readonly record struct Frame(JsonObject Json, byte[] Bytes);

/// <summary>
/// Messages over a pair of pipes: length of the JSON and length of the bytes (32 bits each, little-endian), then both. Any number of writers may write at once; one
/// reader reads.
/// </summary>
public sealed class FramePipe(Stream input, Stream output) : IDisposable
{
    public const int MaxJsonBytes = 256 << 20, MaxBytes = 1 << 30;

    static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    readonly SemaphoreSlim _turn = new(1, 1);

    public async Task WriteAsync(JsonObject json, ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(json, s_plain);
        if (text.Length > MaxJsonBytes || bytes.Length > MaxBytes) throw new InferenceException(InferenceFault.Limit, "The message is too long.");
        var head = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(head, text.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), bytes.Length);
        await _turn.WaitAsync(stop);
        try
        {
            // Half a message would spoil all that follow, so nothing stops it once it has begun.
            await output.WriteAsync(head, CancellationToken.None);
            await output.WriteAsync(text, CancellationToken.None);
            if (bytes.Length > 0) await output.WriteAsync(bytes, CancellationToken.None);
            await output.FlushAsync(CancellationToken.None);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Null at the end.</summary>
    /// <exception cref="InvalidDataException">The other side writes what is no message.</exception>
    public async Task<Frame?> ReadAsync(CancellationToken stop)
    {
        var head = new byte[8];
        var read = await input.ReadAtLeastAsync(head, 8, throwOnEndOfStream: false, stop);
        if (read == 0) return null;
        if (read < 8) throw new InvalidDataException("A message is cut short.");
        var (text, bytes) = (BinaryPrimitives.ReadInt32LittleEndian(head), BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(4)));
        if (text is < 2 or > MaxJsonBytes || bytes is < 0 or > MaxBytes) throw new InvalidDataException("A message has an impossible length.");
        var content = new byte[text];
        await input.ReadExactlyAsync(content, stop);
        var rest = bytes == 0 ? [] : new byte[bytes];
        if (bytes > 0) await input.ReadExactlyAsync(rest, stop);
        try
        {
            return new(JsonNode.Parse(content, documentOptions: new() { MaxDepth = 64 }) as JsonObject ?? throw new InvalidDataException("A message is no JSON object."), rest);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("A message is no JSON.", e);
        }
    }

    public void Dispose() => _turn.Dispose();
}
