using System.Text.Json;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Exchange;
using ModelZoo.Learning.FineTuning;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Randomness;
using ModelZoo.Learning.Training;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Learning;

/// <summary>Fine-tuning: gradients against a plain reference and its differences, and the trainer against itself and against the trainer of populations.</summary>
public sealed class FineTuneTests
{
    static readonly CancellationToken s_never = CancellationToken.None;

    static readonly EncoderShape s_bert = Shape("""{"model_type":"bert","hidden_size":12,"num_hidden_layers":2,"num_attention_heads":3,"intermediate_size":20,"vocab_size":31,"max_position_embeddings":17,"type_vocab_size":2,"hidden_dropout_prob":0,"attention_probs_dropout_prob":0}""");
    static readonly EncoderShape s_distilbert = Shape("""{"model_type":"distilbert","dim":8,"n_layers":2,"n_heads":2,"hidden_dim":12,"vocab_size":31,"max_position_embeddings":17,"activation":"gelu_new","dropout":0,"attention_dropout":0,"seq_classif_dropout":0}""");
    static readonly EncoderShape s_roberta = Shape("""{"model_type":"roberta","hidden_size":8,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":12,"vocab_size":31,"max_position_embeddings":19,"type_vocab_size":1,"pad_token_id":1,"hidden_act":"silu","hidden_dropout_prob":0,"attention_probs_dropout_prob":0}""");
    static readonly EncoderShape s_vit = Shape("""{"model_type":"vit","hidden_size":12,"num_hidden_layers":2,"num_attention_heads":2,"intermediate_size":10,"image_size":6,"patch_size":3,"num_channels":3,"layer_norm_eps":1e-6,"qkv_bias":true}""");

    public static TheoryData<string, FineTuneMethod> Cases => new()
    {
        { "bert", FineTuneMethod.Full }, { "bert", FineTuneMethod.Lora }, { "bert", FineTuneMethod.Probe }, { "distilbert", FineTuneMethod.Full }, { "distilbert", FineTuneMethod.Lora },
        { "roberta", FineTuneMethod.Full }, { "roberta", FineTuneMethod.Probe }, { "vit", FineTuneMethod.Full }, { "vit", FineTuneMethod.Lora }, { "vit", FineTuneMethod.Probe },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_are_those_that_differences_of_a_plain_reference_say(string family, FineTuneMethod method)
    {
        var settings = Settings(method) with { LabelSmoothing = 0.1, Lora = new([LoraSettings.AllLinear], 3, 5) };
        var layout = new EncoderLayout(Shape(family), 4, settings);
        var start = Noise(layout.Count, 3, 0.3f);
        var set = Samples(layout, 7);
        var tuner = new FineTuner(new(layout, start, settings, set, null), threads: 2);
        if (method == FineTuneMethod.Probe) tuner.Prepare(s_never);
        var (loss, _) = tuner.Accumulate(Enumerable.Range(0, 7).ToArray());
        var reference = new ReferenceEncoder(layout, settings.Lora);
        var wide = start.Select(value => (double)value).ToArray();
        Assert.Equal(Reference(), loss / 7, 2e-6);

        var stream = new RandomSource(9);
        foreach (var tensor in layout.Tensors.Where(tensor => tensor.Learns))
            for (var n = 0; n < 3; n++)
            {
                const double step = 1e-5;
                // Tokens that no sample holds have no gradient: half of the rows that are looked at are those of a token that occurs.
                var i = tensor.Name.Contains("word_embeddings") && n < 2 ? ((TokenInputs)set.Inputs).Ids(n)[1] * layout.Shape.Width + n : stream.Below(tensor.Count);
                wide[tensor.Offset + i] += step;
                var up = Reference();
                wide[tensor.Offset + i] -= 2 * step;
                var down = Reference();
                wide[tensor.Offset + i] += step;
                var (expected, found) = ((up - down) / (2 * step), tuner.Gradients[tensor.Gradient + i]);
                Assert.True(Math.Abs(expected - found) < 3e-5 + 1e-3 * Math.Abs(expected), $"{tensor.Name}[{i}]: {found}, expected {expected}");
            }

        double Reference() => reference.Loss(wide, [.. Enumerable.Range(0, 7).Select(s => Logits(reference, wide, set.Inputs, s))], set.Labels, set.Values, 0.1);
    }

    [Fact]
    public void Gradients_with_dropout_are_the_slope_of_the_loss_that_the_same_choices_give()
    {
        var settings = Settings(FineTuneMethod.Lora) with { Dropout = 0.25, Lora = new([LoraSettings.AllLinear], 2, 4, 0.2) };
        foreach (var family in (string[])["bert", "roberta", "vit"])
        {
            var layout = new EncoderLayout(Shape(family).For(settings), 4, settings);
            var start = Noise(layout.Count, 3, 0.3f);
            var set = Samples(layout, 7);
            var tuner = new FineTuner(new(layout, start, settings, set, null), 1);
            tuner.Accumulate(Enumerable.Range(0, 7).ToArray());
            var length = 0.0;
            foreach (var value in tuner.Gradients) length += (double)value * value;
            var slope = (Along(1e-3f) - Along(-1e-3f)) / 2e-3;
            Assert.Equal(1, slope / Math.Sqrt(length), 0.01);

            double Along(float by)
            {
                var moved = start.ToArray();
                foreach (var tensor in layout.Tensors.Where(tensor => tensor.Learns))
                    for (var i = 0; i < tensor.Count; i++) moved[tensor.Offset + i] += (float)(by * tuner.Gradients[tensor.Gradient + i] / Math.Sqrt(length));
                return new FineTuner(new(layout, moved, settings, set, null), 1).Accumulate(Enumerable.Range(0, 7).ToArray()).Loss / 7;
            }
        }
    }

    [Fact]
    public void Regression_follows_the_reference()
    {
        var settings = Settings(FineTuneMethod.Full);
        var layout = new EncoderLayout(s_bert, 1, settings);
        var start = Noise(layout.Count, 3, 0.3f);
        var set = Samples(layout, 7) with { Labels = [], Values = [.. Noise(7, 5, 1)] };
        var (loss, _) = new FineTuner(new(layout, start, settings, set, null), 1).Accumulate(Enumerable.Range(0, 7).ToArray());
        var (reference, wide) = (new ReferenceEncoder(layout, null), start.Select(value => (double)value).ToArray());
        Assert.Equal(reference.Loss(wide, [.. Enumerable.Range(0, 7).Select(s => Logits(reference, wide, set.Inputs, s))], [], set.Values, 0), loss / 7, 1e-5);
    }

    [Theory]
    [InlineData("bert", FineTuneMethod.Full)]
    [InlineData("bert", FineTuneMethod.Lora)]
    [InlineData("vit", FineTuneMethod.Probe)]
    public async Task The_number_of_threads_changes_no_bit_and_a_resumed_run_neither(string family, FineTuneMethod method)
    {
        var settings = Settings(method) with { Epochs = 3, Batch = 13, Tile = 3, Dropout = 0.1, Lora = new(LoraSettings.UsualTargets(Shape(family).Family), 2, 4, 0.1), Warmup = 0.1 };
        var layout = new EncoderLayout(Shape(family).For(settings), 4, settings);
        var (train, validation) = (Samples(layout, 29), Samples(layout, 11, seed: 77) with { Name = "validation" });
        var task = new FineTuneTask(layout, Noise(layout.Count, 3, 0.2f), settings, train, validation);
        var alone = Trained(new(task, 1));
        Assert.Equal(alone.Values.ToArray(), Trained(new(task, 4)).Values.ToArray());
        Assert.Equal(4, alone.Curve.Count);

        var first = new FineTuner(task, 2);
        first.RunEpoch(null, s_never);
        var kept = await first.State.WriteAsync("this", s_never);
        Assert.Null(await FineTuneState.FindAsync(kept, "another", s_never));
        Assert.Null(await FineTuneState.FindAsync(kept[..^5], "this", s_never));
        var second = new FineTuner(task, 1);
        second.Restore((await FineTuneState.FindAsync(kept, "this", s_never))!);
        Assert.Equal(alone.Values.ToArray(), Trained(second).Values.ToArray());
        Assert.Equal(alone.Curve, second.Curve);
        Assert.Equal(alone.BestEpoch, second.BestEpoch);

        static FineTuner Trained(FineTuner tuner)
        {
            while (!tuner.IsOver) tuner.RunEpoch(null, s_never);
            tuner.TakeBest();
            return tuner;
        }
    }

    [Fact]
    public async Task A_member_of_a_population_comes_out_as_its_own_trainer_makes_it()
    {
        var model = new Architecture { Family = Family.Vit, Image = 8, Patch = 2, Dim = 32, Depth = 2, Heads = 4, Mlp = 64 };
        var head = new HeadShape(HeadKind.Linear, 0, 16);
        var glyphs = Glyphs8.Make(160, 3);
        var start = StartingPoint.Of(model, head, Initialization.XavierUniform, 5, 5);
        var own = new MemberTrainer(new(model, head, new() { Epochs = 2, Batch = 16, LearningRate = 2e-3, WeightDecay = 0.05, Schedule = ScheduleKind.Cosine, LabelSmoothing = 0.1 }, glyphs, [], 42, start));
        own.RunEpoch(s_never);
        own.RunEpoch(s_never);

        var exported = HuggingFaceVit.Export(model, head, start);
        var settings = Settings(FineTuneMethod.Full) with { Epochs = 2, Batch = 16, Tile = 16, LearningRate = 2e-3, WeightDecay = 0.05, DecaysAll = true, Schedule = RateSchedule.Cosine, LabelSmoothing = 0.1, ClipNorm = 0, Seed = 42 };
        var layout = new EncoderLayout(EncoderShape.Read(JsonDocument.Parse(exported.Config.ToJsonString()).RootElement), 16, settings);
        var read = await EncoderFiles.ReadAsync(layout, exported.Tensors, keepsHead: true, 42, s_never);
        Assert.Empty(read.Fresh);
        var train = new LabelledInputs("train", new PixelInputs(glyphs.Count, glyphs.PixelsEach, glyphs.Read), [.. glyphs.Labels.Select(label => (int)label)]);
        var tuner = new FineTuner(new(layout, read.Values, settings, train, null), 2);
        tuner.RunEpoch(null, s_never);
        tuner.RunEpoch(null, s_never);

        Assert.Equal(own.Parameters.ToArray(), await HuggingFaceVit.ReadAsync(model, head, EncoderFiles.Whole(layout, tuner.Values, null), s_never));
    }

    [Fact]
    public void Training_stops_by_itself_when_nothing_gets_better_and_keeps_the_best()
    {
        var settings = Settings(FineTuneMethod.Full) with { Epochs = 50, Batch = 8, Patience = 2, LearningRate = 0.05, Schedule = RateSchedule.Constant };
        var layout = new EncoderLayout(s_bert, 4, settings);
        var validation = Samples(layout, 40, seed: 5) with { Name = "validation" };
        var tuner = new FineTuner(new(layout, Noise(layout.Count, 3, 0.2f), settings, Samples(layout, 16), validation), 1);
        while (!tuner.IsOver) tuner.RunEpoch(null, s_never);
        Assert.InRange(tuner.Epoch, 3, 49);
        Assert.Equal(tuner.BestEpoch + 2, tuner.Epoch);
        tuner.TakeBest();
        var again = tuner.Evaluate(validation, null, s_never);
        Assert.Equal(tuner.BestScore!.Correct, again.Correct);
        Assert.Equal(tuner.BestScore.Loss, again.Loss);
        Assert.InRange(again.Accuracy!.Value, again.Interval!.Value.Low, again.Interval.Value.High);
    }

    [Fact]
    public void Adam_is_AdamW_but_for_what_decays()
    {
        var plain = Run(OptimizerKind.AdamW, 0);
        Assert.Equal(plain, Run(OptimizerKind.Adam, 0));
        Assert.NotEqual(Run(OptimizerKind.AdamW, 0.1), Run(OptimizerKind.Adam, 0.1));

        static float[] Run(OptimizerKind optimizer, double decay)
        {
            var settings = Settings(FineTuneMethod.Full) with { Optimizer = optimizer, WeightDecay = decay, Epochs = 1 };
            var layout = new EncoderLayout(s_bert, 4, settings);
            var tuner = new FineTuner(new(layout, Noise(layout.Count, 3, 0.3f), settings, Samples(layout, 29), null), 2);
            tuner.RunEpoch(null, s_never);
            return tuner.Values.ToArray();
        }
    }

    [Fact]
    public void A_run_that_blows_up_says_where()
    {
        var settings = Settings(FineTuneMethod.Full) with { LearningRate = 1e30, ClipNorm = 0, Optimizer = OptimizerKind.Sgd, Epochs = 3 };
        var layout = new EncoderLayout(s_bert, 4, settings);
        var tuner = new FineTuner(new(layout, Noise(layout.Count, 3, 0.3f), settings, Samples(layout, 29), null), 2);
        Assert.Equal(1, Assert.Throws<DivergedException>(() => { while (!tuner.IsOver) tuner.RunEpoch(null, s_never); }).Epoch);
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_the_reason()
    {
        var settings = Settings(FineTuneMethod.Lora) with { Lora = new(["nothing"], 2) };
        Assert.Contains("query", Assert.Throws<FineTuneException>(() => new EncoderLayout(s_bert, 4, settings)).Message);
        Assert.Throws<FineTuneException>(() => new EncoderLayout(s_bert, 4, settings with { Lora = new(["query"], 13) }));
        Assert.Throws<FineTuneException>(() => new EncoderLayout(s_bert, 4, settings with { Lora = new(["classifier"], 2) }));
        Assert.Throws<FineTuneException>(() => Shape("""{"model_type":"llama"}"""));
        Assert.Throws<FineTuneException>(() => Shape("""{"model_type":"vit","hidden_size":12,"num_hidden_layers":2,"num_attention_heads":5,"intermediate_size":10,"image_size":6,"patch_size":3}"""));
        var layout = new EncoderLayout(s_bert, 4, Settings(FineTuneMethod.Full));
        Assert.Throws<FineTuneException>(() => Tune(new TokenInputs([[1, 2, 31]]), [0]));
        Assert.Throws<FineTuneException>(() => Tune(new TokenInputs([new int[18]]), [0]));
        Assert.Throws<FineTuneException>(() => Tune(new TokenInputs([[1, 2]]), [4]));
        Assert.Throws<FineTuneException>(() => Tune(new TokenInputs([[1, 2]], [[0, 2]]), [0]));
        Assert.Throws<FineTuneException>(() => Tune(new PixelInputs(1, 108, (_, _) => { }), [0]));
        Assert.Throws<FineTuneException>(() => Tune(new TokenInputs([]), []));

        FineTuner Tune(EncoderInputs inputs, int[] labels) => new(new(layout, new float[layout.Count], Settings(FineTuneMethod.Full), new("train", inputs, labels), null), 1);
    }

    [Fact]
    public async Task A_merged_adapter_is_the_adapter_on_its_base_and_a_checkpoint_is_read_under_either_name()
    {
        var settings = Settings(FineTuneMethod.Lora) with { Lora = new(["query", "dense"], 2, 6) };
        var layout = new EncoderLayout(s_bert, 4, settings);
        var values = Noise(layout.Count, 8, 0.3f);
        var whole = EncoderFiles.Whole(layout, values, settings.Lora);
        Assert.DoesNotContain(whole, tensor => tensor.Name.Contains("lora", StringComparison.Ordinal));

        var plain = new EncoderLayout(s_bert, 4, Settings(FineTuneMethod.Full));
        var merged = await EncoderFiles.ReadAsync(plain, [.. whole.Select(tensor => tensor with { Name = tensor.Name.Replace("bert.", "", StringComparison.Ordinal).Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal) })], keepsHead: true, 1, s_never);
        Assert.Empty(merged.Fresh);
        var set = Samples(layout, 7);
        var a = new FineTuner(new(layout, values, settings, set, null), 1).Evaluate(set, null, s_never);
        var b = new FineTuner(new(plain, merged.Values, Settings(FineTuneMethod.Full), set, null), 1).Evaluate(set, null, s_never);
        for (var i = 0; i < a.Outputs.Length; i++) Assert.Equal(a.Outputs[i], b.Outputs[i], 1e-4f);
        await Assert.ThrowsAsync<FineTuneException>(() => EncoderFiles.ReadAsync(plain, [.. whole.Skip(1)], true, 1, s_never));
    }

    internal static EncoderShape Shape(string text) => text switch
    {
        "bert" => s_bert, "distilbert" => s_distilbert, "roberta" => s_roberta, "vit" => s_vit, _ => EncoderShape.Read(JsonDocument.Parse(text).RootElement),
    };

    static FineTuneSettings Settings(FineTuneMethod method) => new() { Method = method, LearningRate = 1e-2, Lora = method == FineTuneMethod.Lora ? new([], 2, 4) : null, Tile = 3, Batch = 7 };

    static LabelledInputs Samples(EncoderLayout layout, int count, ulong seed = 21)
    {
        var (shape, stream) = (layout.Shape, new RandomSource(seed));
        int[] labels = [.. Enumerable.Range(0, count).Select(_ => stream.Below(layout.Outputs))];
        if (!shape.IsText)
        {
            var pixels = Noise(count * shape.Pixels, seed + 1, 1);
            return new("train", new PixelInputs(count, shape.Pixels, (i, to) => pixels.AsSpan(i * shape.Pixels, shape.Pixels).CopyTo(to)), labels);
        }
        int[][] ids = [.. Enumerable.Range(0, count).Select(i => Enumerable.Range(0, 2 + stream.Below(shape.MostTokens - 1)).Select(_ => stream.Below(shape.Vocabulary)).ToArray())];
        return new("train", new TokenInputs(ids, [.. ids.Select(row => row.Select((_, t) => shape.Types > 1 && t > row.Length / 2 ? 1 : 0).ToArray())]), labels);
    }

    static double[] Logits(ReferenceEncoder reference, double[] w, EncoderInputs inputs, int s)
    {
        if (inputs is TokenInputs texts) return reference.Text(w, texts.Ids(s).ToArray(), texts.Types(s).ToArray(), padTo: 17);
        var image = new float[108];
        ((PixelInputs)inputs).Read(s, image);
        return reference.Picture(w, image);
    }

    static float[] Noise(int count, ulong seed, float size)
    {
        var source = new RandomSource(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(source.NextUnit() * 2 - 1) * size)];
    }
}
