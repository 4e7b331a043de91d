using System.Buffers.Binary;
using System.Text;
using ModelZoo.Inference;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Audio;
using ModelZoo.Inference.Runtime;
using ModelZoo.Tests.Weights;

namespace ModelZoo.Tests.Inference;

public sealed class AudioTests
{
    static readonly CancellationToken s_never = CancellationToken.None;

    [Fact]
    public async Task Silero_hears_what_the_reference_hears_frame_by_frame()
    {
        using var model = await RunnableModel.OpenAsync(Path.GetDirectoryName(Models.Require("silero-vad/silero_vad_16k_op15.onnx"))!, SessionSettings.Default, s_never);
        Assert.Equal([Capability.DetectSpeech], model.Capabilities);
        // The golden frames of 576 samples bring their own context, which is not what went before: they are given to the graph as they are.
        var state = new float[256];
        foreach (var golden in Models.Golden("silero-vad").GetProperty("frames").EnumerateArray())
        {
            var k = golden.GetProperty("frame").GetInt32();
            var frame = k == 1 ? new float[576] : [.. Enumerable.Range(0, 576).Select(i => Sample(((512 * k) + i) / 16000.0))];
            using var input = Tensor.Of<float>(frame, 1, 576);
            using var memory = Tensor.Of<float>(state, 2, 1, 128);
            using var rate = Tensor.Scalar(16000L);
            using var outputs = model.Session.Run([("input", input), ("state", memory), ("sr", rate)], s_never);
            Assert.Equal(golden.GetProperty("output").GetSingle(), outputs[0].ToFloats()[0], 1e-4);
            state = outputs[1].ToFloats();
            Models.AssertClose(golden.GetProperty("state").GetProperty("first").Floats(), state.AsSpan(0, 8), 1e-4);
        }
        // A sound that goes on has exactly the context of the frame before, so the first frame agrees where the golden context is silence.
        var detector = model.SpeechDetector();
        var scores = detector.Hear(new Sound([.. Enumerable.Range(0, 16000).Select(i => Sample(i / 16000.0))], 16000), s_never);
        Assert.Equal(32, scores.Length);
        Assert.All(scores, score => Assert.InRange(score, 0, 1));
        Assert.True(detector.Hear(new Sound(new float[16000], 16000), s_never).Max() < 0.3);
    }

    static float Sample(double t) => (float)(0.4 * Math.Sin(2 * Math.PI * 180 * t) * (1 + (0.5 * Math.Sin(2 * Math.PI * 4 * t))));

    [Fact]
    public void Speech_is_a_run_of_frames_with_short_gaps_bridged()
    {
        var spans = SpeechDetector.Spans([0, 0.9f, 0.9f, 0.1f, 0.8f, 0, 0, 0, 0, 0, 0.7f]);
        Assert.Equal(2, spans.Count);
        Assert.Equal((0.032, 0.160), (spans[0].Start.TotalSeconds, spans[0].End.TotalSeconds));
        Assert.Equal(0.9f, spans[0].Score);
    }

    [Theory]
    [InlineData(1, 8, 1)]
    [InlineData(1, 16, 2)]
    [InlineData(1, 24, 1)]
    [InlineData(1, 32, 3)]
    [InlineData(3, 32, 1)]
    [InlineData(3, 64, 2)]
    public void Wav_files_of_every_width_give_the_samples_that_were_written(int format, int bits, int channels)
    {
        float[] samples = [0, 0.5f, -0.5f, 0.25f, -1];
        var sound = Sound.ReadWav(Wav(format, bits, channels, 8000, samples));
        Assert.Equal(8000, sound.Rate);
        Models.AssertClose(samples, sound.Samples, bits == 8 ? 0.01 : 1e-4);
    }

    [Fact]
    public void Broken_wav_files_are_refused()
    {
        var good = Wav(1, 16, 1, 8000, [0, 0.5f, 1]);
        for (var cut = 0; cut < 44; cut++)
        {
            var part = good[..cut];
            Assert.Throws<InferenceException>(() => Sound.ReadWav(part));
        }
        Assert.Throws<InferenceException>(() => Sound.ReadWav(Wav(2, 16, 1, 8000, [0])));
        Assert.Throws<InferenceException>(() => Sound.ReadWav(Wav(1, 16, 1, 1, [0])));
        Assert.Throws<InferenceException>(() => Sound.ReadWav(Wav(3, 32, 1, 8000, [float.NaN])));
    }

    [Fact]
    public void Resampling_keeps_a_tone_and_removes_what_the_new_rate_cannot_hold()
    {
        var sound = new Sound([.. Enumerable.Range(0, 44100).Select(i => (float)(Math.Sin(2 * Math.PI * 440 * i / 44100.0) + Math.Sin(2 * Math.PI * 15000 * i / 44100.0)))], 44100).Resample(16000);
        Assert.Equal(16000, sound.Samples.Length);
        for (var i = 2000; i < 14000; i++) Assert.Equal(Math.Sin(2 * Math.PI * 440 * i / 16000.0), sound.Samples[i], 0.01);
    }

    [Fact]
    public void Mel_features_peak_in_the_band_of_a_tone()
    {
        var features = LogMel.Of(new Sound([.. Enumerable.Range(0, 16000).Select(i => (float)Math.Sin(2 * Math.PI * 1000 * i / 16000.0))], 16000));
        Assert.Equal(80 * 100, features.Length);
        var frame = Enumerable.Range(0, 80).Select(band => features[(band * 100) + 50]).ToArray();
        // 1 kHz is 15 of the 45.2 mel that 8 kHz is, so near the top of triangle 81 · 15 / 45.2 − 1.
        Assert.InRange(Array.IndexOf(frame, frame.Max()), 25, 27);
        Assert.True(features.Max() - features.Min() <= 2.0001);
    }

    static byte[] Wav(int format, int bits, int channels, int rate, float[] samples)
    {
        using var data = new MemoryStream();
        foreach (var sample in samples)
            for (var c = 0; c < channels; c++)
            {
                var cell = new byte[bits / 8];
                switch (format, bits)
                {
                    case (1, 8): cell[0] = (byte)Math.Clamp((sample * 128) + 128, 0, 255); break;
                    case (3, 32): BinaryPrimitives.WriteSingleLittleEndian(cell, sample); break;
                    case (3, 64): BinaryPrimitives.WriteDoubleLittleEndian(cell, sample); break;
                    default:
                        var whole = (long)Math.Clamp(sample * Math.Pow(2, bits - 1), -Math.Pow(2, bits - 1), Math.Pow(2, bits - 1) - 1);
                        for (var i = 0; i < cell.Length; i++) cell[i] = (byte)(whole >> (8 * i));
                        break;
                }
                data.Write(cell);
            }
        var head = new byte[44];
        "RIFF"u8.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), 36 + (int)data.Length);
        Encoding.ASCII.GetBytes("WAVEfmt ").CopyTo(head, 8);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(16), 16);
        BinaryPrimitives.WriteInt16LittleEndian(head.AsSpan(20), (short)format);
        BinaryPrimitives.WriteInt16LittleEndian(head.AsSpan(22), (short)channels);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(24), rate);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(28), rate * channels * bits / 8);
        BinaryPrimitives.WriteInt16LittleEndian(head.AsSpan(32), (short)(channels * bits / 8));
        BinaryPrimitives.WriteInt16LittleEndian(head.AsSpan(34), (short)bits);
        "data"u8.CopyTo(head.AsSpan(36));
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(40), (int)data.Length);
        return [.. head, .. data.ToArray()];
    }
}
