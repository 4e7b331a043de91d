using ModelZoo.Inference.Runtime;

namespace ModelZoo.Inference.Audio;

/// <summary>A stretch of a sound in which somebody speaks.</summary>
public readonly record struct SpeechSpan(TimeSpan Start, TimeSpan End, float Score);

/// <summary>
/// Voice activity with a recurrent state, as Silero's model has it: frames of 512 samples at 16 kHz with the 64 before them, a state [2, 1, 128] that goes
/// in and comes out, and the rate.
/// </summary>
public sealed class SpeechDetector(OnnxSession session)
{
    public const int Rate = 16_000, Frame = 512, Context = 64;

    static readonly long[] s_state = [2, 1, 128];

    public static bool Fits(OnnxSession session) =>
        session.Inputs.Count == 3 && session.FindInput("input") is { Rank: 2 } && session.FindInput("state") is { Rank: 3 } && session.FindInput("sr") is not null && session.Outputs.Count == 2;

    public State Begin() => new();

    /// <summary>How likely the next 512 samples hold speech.</summary>
    public float Hear(State state, ReadOnlySpan<float> frame, CancellationToken stop)
    {
        if (frame.Length != Frame) throw new InferenceException(InferenceFault.Input, $"A frame has {Frame} samples, not {frame.Length}.");
        var numbers = new float[Context + Frame];
        state.Before.CopyTo(numbers, 0);
        frame.CopyTo(numbers.AsSpan(Context));
        using var input = Tensor.Of<float>(numbers, 1, Context + Frame);
        using var memory = Tensor.Of<float>(state.Memory, s_state);
        using var rate = Tensor.Scalar((long)Rate);
        using var outputs = session.Run([("input", input), ("state", memory), ("sr", rate)], stop);
        state.Memory = outputs[1].ToFloats();
        numbers.AsSpan(Frame).CopyTo(state.Before);
        return outputs[0].ToFloats()[0];
    }

    /// <summary>Scores of all frames of a sound, the last filled up with silence.</summary>
    public float[] Hear(Sound sound, CancellationToken stop)
    {
        var samples = sound.Resample(Rate).Samples;
        var (scores, state, frame) = (new float[(samples.Length + Frame - 1) / Frame], Begin(), new float[Frame]);
        for (var i = 0; i < scores.Length; i++)
        {
            Array.Clear(frame);
            samples.AsSpan(i * Frame, Math.Min(Frame, samples.Length - (i * Frame))).CopyTo(frame);
            scores[i] = Hear(state, frame, stop);
        }
        return scores;
    }

    /// <summary>Where the scores stay above a threshold; gaps of up to three frames (0.1 s) are bridged.</summary>
    public static IReadOnlyList<SpeechSpan> Spans(IReadOnlyList<float> scores, float threshold = 0.5f)
    {
        var (spans, start, last, best) = (new List<SpeechSpan>(), -1, -1, 0f);
        for (var i = 0; i <= scores.Count; i++)
        {
            if (i < scores.Count && scores[i] >= threshold)
            {
                if (start < 0) (start, best) = (i, 0);
                (last, best) = (i, Math.Max(best, scores[i]));
            }
            else if (start >= 0 && (i == scores.Count || i - last > 3))
            {
                spans.Add(new(At(start), At(last + 1), best));
                start = -1;
            }
        }
        return spans;

        static TimeSpan At(int frame) => TimeSpan.FromSeconds((double)frame * Frame / Rate);
    }

    /// <summary>What has been heard so far. For one sound and one thread.</summary>
    public sealed class State
    {
        internal float[] Memory { get; set; } = new float[2 * 128];

        internal float[] Before { get; } = new float[Context];
    }
}
