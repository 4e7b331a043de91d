using ModelZoo.Hub.Kernel;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>Says how a file, or a stretch of it, is put together, and what has to be fetched for that.</summary>
sealed class Reconstruction(XetFileStore files, Xorbs xorbs)
{
    /// <param name="range">Null for the whole file; its end may lie behind the file's.</param>
    /// <exception cref="Refusal">The range begins behind the file's end.</exception>
    public async Task<ReconstructionPlan> PlanAsync(XetFile file, ByteRange? range, CancellationToken stop)
    {
        if (range is { } asked && asked.Start >= file.SizeBytes && file.SizeBytes > 0)
            throw new Refusal(RefusalKind.RangeNotSatisfiable, $"The file has {file.SizeBytes} bytes.") { TotalBytes = file.SizeBytes };
        if (file.SizeBytes == 0) return new(0, 0, [], []);
        var wanted = range is { } some ? some with { End = Math.Min(some.End, file.SizeBytes) } : new ByteRange(0, file.SizeBytes);
        var terms = await files.TermsAsync(file.Digest, wanted.Start, wanted.End, stop);
        if (terms.Count == 0) throw Gone(file);
        var stored = await xorbs.FindManyAsync(terms.Select(term => term.Xorb), stop);
        // The plan counts from the first term that was fetched.
        var begin = terms[0].FileOffset;
        return ReconstructionPlan.Of(
            [.. terms.Select(term => new ShardTerm(term.Xorb, term.Chunks, term.UnpackedBytes))],
            hash => stored.TryGetValue(hash, out var xorb) ? xorb.Index : throw Gone(file),
            new(wanted.Start - begin, wanted.End - begin));
    }

    static Refusal Gone(XetFile file) => Refusal.NotFound($"The file {file.Hash} is not known here (any more).");
}
