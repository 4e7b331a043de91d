namespace ModelZoo.Fuzz;

/// <summary>One parser under test.</summary>
abstract class FuzzTarget
{
    /// <summary>The word on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Valid inputs to begin with; made anew for each run from its seed.</summary>
    public abstract IEnumerable<byte[]> Seeds(Random random);

    /// <summary>
    /// Parses one input. Returns a few words about the shape of what came out: inputs that lead to new words are kept and mutated
    /// further. May throw what <see cref="IsRefusal"/> accepts and nothing else.
    /// </summary>
    public abstract string Run(ReadOnlyMemory<byte> input);

    /// <summary>True for the exceptions that the parser documents.</summary>
    public abstract bool IsRefusal(Exception error);

    /// <summary>Makes an input from the grammar, for the bytes that blind mutation hardly finds (checksums, lengths). Null: mutate bytes only.</summary>
    public virtual byte[]? Generate(Random random) => null;

    /// <summary>Mends what every mutation breaks, such as a checksum at the end, so that the parser gets past it. Called for half of the inputs.</summary>
    public virtual void Mend(byte[] input) { }

    /// <summary>Most bytes one input may have allocated, beyond <see cref="BytesPerInputByte"/> times its length.</summary>
    public virtual long MaxAllocated => 64L * 1024 * 1024;

    public virtual long BytesPerInputByte => 4096;

    public virtual TimeSpan MaxTime => TimeSpan.FromSeconds(5);
}
