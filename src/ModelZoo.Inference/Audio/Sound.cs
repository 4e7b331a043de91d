using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ModelZoo.Inference.Audio;

/// <summary>One channel of sound.</summary>
/// <param name="Samples">From −1 to 1.</param>
/// <param name="Rate">Samples a second.</param>
public sealed record Sound(float[] Samples, int Rate)
{
    /// <summary>An hour at 16 kHz; a model that hears longer ones is given them in parts.</summary>
    public const int MaxSamples = 3600 * 48_000;

    const int Pcm = 1, Float = 3, Extensible = 0xFFFE;

    public TimeSpan Length => TimeSpan.FromSeconds((double)Samples.Length / Rate);

    /// <summary>Reads a WAV file (RIFF; PCM of 8 to 32 bits, or float): several channels become one, their mean.</summary>
    /// <exception cref="InferenceException">The bytes are no such file.</exception>
    public static Sound ReadWav(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 12 || !bytes.StartsWith("RIFF"u8) || !bytes[8..12].SequenceEqual("WAVE"u8)) throw Bad("The bytes are no WAV file.");
        var (format, channels, rate, bits) = (0, 0, 0, 0);
        for (var at = 12; at + 8 <= bytes.Length;)
        {
            var kind = bytes.Slice(at, 4);
            var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 4)..]);
            at += 8;
            if (kind.SequenceEqual("fmt "u8))
            {
                if (length < 16 || length > bytes.Length - at) throw Bad("The WAV file's format is cut short.");
                var part = bytes.Slice(at, (int)length);
                (format, channels) = (BinaryPrimitives.ReadUInt16LittleEndian(part), BinaryPrimitives.ReadUInt16LittleEndian(part[2..]));
                (rate, bits) = (BinaryPrimitives.ReadInt32LittleEndian(part[4..]), BinaryPrimitives.ReadUInt16LittleEndian(part[14..]));
                if (format == Extensible && length >= 26) format = BinaryPrimitives.ReadUInt16LittleEndian(part[24..]);
            }
            else if (kind.SequenceEqual("data"u8))
            {
                // A stream's header may promise more than there is.
                return new(Read(bytes.Slice(at, (int)Math.Min(length, bytes.Length - at)), format, channels, rate, bits), rate);
            }
            at = (int)Math.Min(int.MaxValue, at + (long)length + (length & 1));
        }
        throw Bad("The WAV file holds no samples.");
    }

    static float[] Read(ReadOnlySpan<byte> data, int format, int channels, int rate, int bits)
    {
        if (channels is < 1 or > 64 || rate is < 1000 or > 768_000) throw Bad($"A WAV file of {channels} channels at {rate} Hz is not read.");
        if (!(format == Pcm && bits is 8 or 16 or 24 or 32) && !(format == Float && bits is 32 or 64)) throw Bad($"WAV samples of {bits} bits in format {format} are not read; PCM of 8 to 32 bits and float are.");
        var width = bits / 8;
        var count = data.Length / (width * channels);
        if (count > MaxSamples) throw new InferenceException(InferenceFault.Limit, $"A sound of {count} samples is longer than {MaxSamples}.");
        var samples = new float[count];
        for (var i = 0; i < count; i++)
        {
            var sum = 0.0;
            for (var c = 0; c < channels; c++)
            {
                var one = data.Slice(((i * channels) + c) * width, width);
                sum += (format, bits) switch
                {
                    (Pcm, 8) => (one[0] - 128) / 128.0,
                    (Pcm, 16) => BinaryPrimitives.ReadInt16LittleEndian(one) / 32768.0,
                    (Pcm, 24) => ((one[2] << 24) | (one[1] << 16) | (one[0] << 8)) / 2147483648.0,
                    (Pcm, _) => BinaryPrimitives.ReadInt32LittleEndian(one) / 2147483648.0,
                    (_, 32) => BinaryPrimitives.ReadSingleLittleEndian(one),
                    _ => BinaryPrimitives.ReadDoubleLittleEndian(one),
                };
            }
            samples[i] = (float)(sum / channels);
            if (!float.IsFinite(samples[i])) throw Bad($"Sample {i} is not a number.");
        }
        return samples;
    }

    /// <summary>The same sound at another rate, through a linear-phase low-pass: a sinc of 32 crossings under a Hann window, cut at the lower of both rates.</summary>
    public Sound Resample(int rate)
    {
        if (rate == Rate) return this;
        if (rate is < 1000 or > 768_000) throw Bad($"A rate of {rate} Hz is not made.");
        const int Crossings = 32;
        var length = (long)Math.Ceiling((double)Samples.Length * rate / Rate);
        if (length > MaxSamples) throw new InferenceException(InferenceFault.Limit, $"A sound of {length} samples is longer than {MaxSamples}.");
        var cut = Math.Min(1.0, (double)rate / Rate);
        var half = Crossings / cut;
        var result = new float[length];
        for (var n = 0; n < result.Length; n++)
        {
            var centre = (double)n * Rate / rate;
            var (sum, weights) = (0.0, 0.0);
            var (from, to) = ((int)Math.Ceiling(centre - half), (int)Math.Floor(centre + half));
            for (var k = Math.Max(0, from); k <= Math.Min(Samples.Length - 1, to); k++)
            {
                var x = k - centre;
                var window = 0.5 + (0.5 * Math.Cos(Math.PI * x / half));
                var weight = (x == 0 ? 1 : Math.Sin(Math.PI * x * cut) / (Math.PI * x * cut)) * window * cut;
                sum += weight * Samples[k];
                weights += weight;
            }
            // Inside, the weights sum to one already; at the ends the missing part counts as silence, so only tiny ripples are evened out.
            result[n] = (float)(Math.Abs(weights - 1) < 0.01 ? sum / weights : sum);
        }
        return new(result, rate);
    }

    /// <summary>Raw 32-bit floats, as some clients send them.</summary>
    public static Sound FromFloats(ReadOnlySpan<byte> bytes, int rate) => bytes.Length % 4 == 0 ? new(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), rate) : throw Bad("Samples of 32 bits do not fill these bytes.");

    static InferenceException Bad(string message) => new(InferenceFault.Input, message);
}
