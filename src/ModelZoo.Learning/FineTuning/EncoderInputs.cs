namespace ModelZoo.Learning.FineTuning;

/// <summary>Samples as a network takes them.</summary>
public abstract class EncoderInputs
{
    public abstract int Count { get; }

    /// <summary>Rows that a sample takes in the stream of a network.</summary>
    internal abstract int RowsOf(EncoderShape shape, int sample);

    internal abstract void Validate(EncoderShape shape);

    internal int Longest(EncoderShape shape)
    {
        var most = 1;
        for (var i = 0; i < Count; i++) most = Math.Max(most, RowsOf(shape, i));
        return most;
    }
}

/// <summary>Texts as numbers of tokens, with special tokens and without padding: each as long as it is.</summary>
/// <param name="ids">By sample.</param>
/// <param name="types">0 and 1 for first and second text; null: all 0.</param>
public sealed class TokenInputs(IReadOnlyList<int[]> ids, IReadOnlyList<int[]>? types = null) : EncoderInputs
{
    public override int Count => ids.Count;

    public ReadOnlySpan<int> Ids(int sample) => ids[sample];

    public ReadOnlySpan<int> Types(int sample) => types is null ? [] : types[sample];

    /// <summary>Texts that were padded: whatever no attention falls on is left out.</summary>
    public static TokenInputs Unpadded(IReadOnlyList<int[]> ids, IReadOnlyList<int[]> masks, IReadOnlyList<int[]>? types = null)
    {
        return new([.. ids.Select((row, i) => Keep(row, masks[i]))], types is null ? null : [.. types.Select((row, i) => Keep(row, masks[i]))]);

        static int[] Keep(int[] row, int[] mask) => [.. row.Where((_, t) => mask[t] != 0)];
    }

    internal override int RowsOf(EncoderShape shape, int sample) => ids[sample].Length;

    internal override void Validate(EncoderShape shape)
    {
        if (!shape.IsText) throw new FineTuneException("The model takes pictures, not texts.");
        for (var i = 0; i < ids.Count; i++)
        {
            if (ids[i].Length < 1 || ids[i].Length > shape.MostTokens) throw new FineTuneException($"Sample {i} has {ids[i].Length} tokens; the model takes 1 to {shape.MostTokens}.");
            foreach (var id in ids[i])
                if ((uint)id >= (uint)shape.Vocabulary) throw new FineTuneException($"Sample {i} holds the token {id}; the model's table has {shape.Vocabulary}. The tokenizer belongs to another model.");
            if (types is null) continue;
            if (types[i].Length != ids[i].Length) throw new FineTuneException($"Sample {i} has not as many types as tokens.");
            foreach (var type in types[i])
                if (type != 0 && (uint)type >= (uint)shape.Types) throw new FineTuneException($"Sample {i} holds the token type {type}; the model knows {shape.Types}.");
        }
    }
}

/// <summary>Pictures as the model takes them: resized, normalised, [channels, side, side].</summary>
/// <param name="read">Writes the pixels of a sample; called by several threads at once.</param>
public sealed class PixelInputs(int count, int pixels, Action<int, Span<float>> read) : EncoderInputs
{
    public override int Count => count;

    public void Read(int sample, Span<float> to) => read(sample, to[..pixels]);

    internal override int RowsOf(EncoderShape shape, int sample) => shape.Positions;

    internal override void Validate(EncoderShape shape)
    {
        if (shape.IsText) throw new FineTuneException("The model takes texts, not pictures.");
        if (pixels != shape.Pixels) throw new FineTuneException($"Pictures of {pixels} numbers do not fit a model of {shape.Channels} × {shape.Image} × {shape.Image}.");
    }
}

/// <summary>What the head reads, computed once.</summary>
sealed class FeatureInputs(float[] values, int width) : EncoderInputs
{
    public override int Count => values.Length / width;

    public ReadOnlySpan<float> Of(int sample) => values.AsSpan(sample * width, width);

    internal override int RowsOf(EncoderShape shape, int sample) => 1;

    internal override void Validate(EncoderShape shape)
    {
    }
}

/// <summary>Samples with what they are: a class each, or a number each where there are no classes.</summary>
/// <param name="Labels">From 0; empty for regression.</param>
/// <param name="Values">For regression.</param>
public sealed record LabelledInputs(string Name, EncoderInputs Inputs, IReadOnlyList<int> Labels, IReadOnlyList<float>? Values = null)
{
    public int Count => Inputs.Count;

    internal void Validate(EncoderShape shape, int outputs)
    {
        Inputs.Validate(shape);
        if ((Values ?? (System.Collections.IEnumerable)Labels) is System.Collections.ICollection { Count: var count } && count != Count) throw new FineTuneException($"'{Name}' has {Count} samples and {count} labels.");
        if (Values is null)
            foreach (var label in Labels)
                if ((uint)label >= (uint)outputs) throw new FineTuneException($"'{Name}' holds the label {label}; there are {outputs} classes.");
        if (Values is not null && Values.Any(value => !float.IsFinite(value))) throw new FineTuneException($"'{Name}' holds a value that is no finite number.");
    }
}
