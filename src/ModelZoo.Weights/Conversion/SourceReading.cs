namespace ModelZoo.Weights.Conversion;

static class SourceReading
{
    /// <summary>Fills the whole buffer, or says that the content ends too early.</summary>
    public static async ValueTask ReadExactlyAsync(this IByteSource source, long offset, Memory<byte> buffer, string what, CancellationToken stop)
    {
        for (var done = 0; done < buffer.Length;)
        {
            var read = await source.ReadAsync(offset + done, buffer[done..], stop);
            if (read <= 0) throw new ConversionException($"The content of {what} ends {buffer.Length - done} bytes too early.");
            done += read;
        }
    }
}
