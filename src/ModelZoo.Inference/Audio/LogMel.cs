namespace ModelZoo.Inference.Audio;

/// <summary>
/// Log-mel features as Whisper's models take them (Radford 2022, arXiv:2212.04356): frames of 400 samples at 16 kHz every 160, Hann window, power
/// spectrum, 80 triangles on Slaney's mel scale with equal areas, log10, nothing below the maximum − 8, (x + 4) / 4.
/// </summary>
public static class LogMel
{
    public const int Rate = 16_000, Window = 400, Hop = 160, Bands = 80;

    const int Bins = (Window / 2) + 1;

    static readonly Lazy<double[]> s_hann = new(() => [.. Enumerable.Range(0, Window).Select(i => 0.5 - (0.5 * Math.Cos(2 * Math.PI * i / Window)))]);
    static readonly Lazy<(double[] Cos, double[] Sin)> s_circle = new(() => ([.. Enumerable.Range(0, Window).Select(i => Math.Cos(2 * Math.PI * i / Window))], [.. Enumerable.Range(0, Window).Select(i => Math.Sin(2 * Math.PI * i / Window))]));
    static readonly Lazy<double[][]> s_filters = new(MakeFilters);

    /// <returns>[bands, frames], one frame for each 160 samples.</returns>
    public static float[] Of(Sound sound)
    {
        var samples = sound.Resample(Rate).Samples;
        var frames = samples.Length / Hop;
        if (frames == 0) throw new InferenceException(InferenceFault.Input, "The sound is shorter than one frame.");
        var (features, most) = (new double[Bands * frames], double.NegativeInfinity);
        var (windowed, power) = (new double[Window], new double[Bins]);
        for (var t = 0; t < frames; t++)
        {
            // Frames are centred: the sound is mirrored at both ends.
            for (var i = 0; i < Window; i++) windowed[i] = samples[Mirror((t * Hop) + i - (Window / 2), samples.Length)] * s_hann.Value[i];
            Spectrum(windowed, power);
            for (var band = 0; band < Bands; band++)
            {
                var (sum, filter) = (0.0, s_filters.Value[band]);
                for (var k = 0; k < Bins; k++) sum += filter[k] * power[k];
                most = Math.Max(most, features[(band * frames) + t] = Math.Log10(Math.Max(sum, 1e-10)));
            }
        }
        return [.. features.Select(value => (float)((Math.Max(value, most - 8) + 4) / 4))];
    }

    static int Mirror(int at, int length)
    {
        if (length == 1) return 0;
        var period = 2 * (length - 1);
        at = ((at % period) + period) % period;
        return at < length ? at : period - at;
    }

    /// <summary>|DFT|², straight from the definition: 400 is no power of two, and features are a small part of what a model costs.</summary>
    static void Spectrum(double[] frame, double[] power)
    {
        var (cos, sin) = s_circle.Value;
        for (var k = 0; k < Bins; k++)
        {
            var (real, imaginary, angle) = (0.0, 0.0, 0);
            for (var i = 0; i < Window; i++)
            {
                real += frame[i] * cos[angle];
                imaginary -= frame[i] * sin[angle];
                if ((angle += k) >= Window) angle -= Window;
            }
            power[k] = (real * real) + (imaginary * imaginary);
        }
    }

    static double[][] MakeFilters()
    {
        var (low, high) = (ToMel(0), ToMel(Rate / 2.0));
        var edges = Enumerable.Range(0, Bands + 2).Select(i => ToHertz(low + ((high - low) * i / (Bands + 1)))).ToArray();
        return [.. Enumerable.Range(0, Bands).Select(band => Enumerable.Range(0, Bins).Select(k =>
        {
            var hertz = (double)k * Rate / Window;
            var (rise, fall) = ((hertz - edges[band]) / (edges[band + 1] - edges[band]), (edges[band + 2] - hertz) / (edges[band + 2] - edges[band + 1]));
            return Math.Max(0, Math.Min(rise, fall)) * 2 / (edges[band + 2] - edges[band]);
        }).ToArray())];
    }

    /// <summary>Slaney 1998 (Auditory Toolbox): linear below 1 kHz, logarithmic above.</summary>
    static double ToMel(double hertz) => hertz < 1000 ? 3 * hertz / 200 : 15 + (27 * Math.Log(hertz / 1000) / Math.Log(6.4));

    static double ToHertz(double mel) => mel < 15 ? 200 * mel / 3 : 1000 * Math.Exp((mel - 15) * Math.Log(6.4) / 27);
}
