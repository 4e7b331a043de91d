using ModelZoo.Learning.Kernels;
using ModelZoo.Learning.Randomness;

namespace ModelZoo.Learning.Networks;

/// <summary>What a forward pass of training drops.</summary>
/// <param name="Stream"><c>dropout/{epoch}</c> of the member's seed.</param>
/// <param name="Rate">Share of numbers that become zero; the others grow by 1/(1 − rate).</param>
/// <param name="First">Which sample of the epoch the tile begins with, from 0.</param>
readonly record struct Drops(RandomSource Stream, double Rate, long First);

/// <summary>
/// A place in a network where numbers are dropped while it trains (inverted dropout: Srivastava et al. 2014, JMLR 15). Every number of every sample of an epoch
/// has a position of its own in the stream, sample · <see cref="NetworkPass.DropUnits"/> + offset + unit, so masks do not depend on tiles, threads or
/// interruptions, and can be computed anywhere else.
/// </summary>
/// <param name="offset">Of its first number among those of a sample.</param>
/// <param name="units">Numbers of a sample.</param>
sealed class Dropout(NetworkPass pass, int offset, int units)
{
    /// <summary>[samples, units]: 0 or 1/(1 − rate). Empty until something is dropped.</summary>
    float[] _mask = [];

    /// <summary>Drops from the values behind a layer.</summary>
    public void Forward(Span<float> values)
    {
        if (pass.Drops is not { } drops) return;
        Draw(drops);
        RowOps.Multiply(Mask, values);
    }

    /// <summary>Drops from hidden values and from their slopes, which then take the gradient back.</summary>
    public void Forward(Span<float> values, Span<float> slopes)
    {
        if (pass.Drops is null) return;
        Forward(values);
        RowOps.Multiply(Mask, slopes);
    }

    /// <summary>Takes the gradient of what was left to that of what was there, in place.</summary>
    public void Backward(Span<float> gradient)
    {
        if (pass.Drops is not null) RowOps.Multiply(Mask, gradient);
    }

    /// <summary>The same where the gradient itself is still needed: it comes back in <paramref name="room"/>, made when first needed, or as it is where nothing was dropped.</summary>
    public ReadOnlySpan<float> Backward(ReadOnlySpan<float> gradient, ref float[] room)
    {
        if (pass.Drops is null) return gradient;
        if (room.Length < gradient.Length) room = new float[gradient.Length];
        gradient.CopyTo(room);
        RowOps.Multiply(Mask, room);
        return room.AsSpan(0, gradient.Length);
    }

    ReadOnlySpan<float> Mask => _mask.AsSpan(0, pass.Samples * units);

    void Draw(Drops drops)
    {
        if (_mask.Length == 0) _mask = new float[NetworkPass.TileSamples * units];
        var (stream, kept) = (drops.Stream, (float)(1 / (1 - drops.Rate)));
        for (var s = 0; s < pass.Samples; s++)
        {
            stream.Position = (ulong)((drops.First + s) * pass.DropUnits + offset);
            foreach (ref var factor in _mask.AsSpan(s * units, units)) factor = stream.NextUnit() < drops.Rate ? 0 : kept;
        }
    }
}
