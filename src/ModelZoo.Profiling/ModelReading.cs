using ModelZoo.Weights;

namespace ModelZoo.Profiling;

/// <summary>The header of one file of a model.</summary>
public sealed record ReadHeader(string Path, WeightFile Header);

/// <summary>A profile with what it was made from.</summary>
/// <param name="Headers">Of the files that were chosen and could be read, in the order of their paths within each part.</param>
/// <param name="Defects">What is wrong with files that were chosen, each naming the file.</param>
public sealed record ModelReading(Profile Profile, IReadOnlyList<ReadHeader> Headers, IReadOnlyList<string> Defects);

/// <summary>Collects headers and holds all shards and parts together to the limits that a single file has.</summary>
sealed class HeaderTally
{
    long _tensors;
    long _letters;

    public List<ReadHeader> Headers { get; } = [];

    public List<string> Defects { get; } = [];

    /// <exception cref="ProfileException">All files together have too many tensors, or too long names.</exception>
    public void Count(WeightFile header)
    {
        long letters = 0;
        foreach (var tensor in header.Tensors) letters += tensor.Name.Length;
        if (Interlocked.Add(ref _tensors, header.Tensors.Count) > ProfileLimits.MaxTensors)
            throw new ProfileException($"The files together hold more than {ProfileLimits.MaxTensors} tensors.");
        if (Interlocked.Add(ref _letters, letters) > ProfileLimits.MaxNameCharacters)
            throw new ProfileException($"The names of all tensors together have more than {ProfileLimits.MaxNameCharacters} characters.");
    }
}
