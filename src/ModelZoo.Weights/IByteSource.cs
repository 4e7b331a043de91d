namespace ModelZoo.Weights;

/// <summary>
/// Bytes that can be read from any place: a file, memory, a blob, or ranges over HTTP. Readers of this library ask for few,
/// large pieces and never for tensor content, so that a header of a remote file costs one or two round trips.
/// </summary>
public interface IByteSource
{
    /// <summary>How many bytes there are in all.</summary>
    long Length { get; }

    /// <summary>
    /// Fills the beginning of <paramref name="buffer"/> with bytes from <paramref name="offset"/> on and says how many. Fewer than
    /// asked for is allowed; zero only at the end of the source.
    /// </summary>
    ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop);
}
