using System.Globalization;
using ModelZoo.Evaluation.Requests;
using ModelZoo.Inference;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Generation;
using ModelZoo.Inference.Images;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Evaluation.Models;

/// <param name="IsPixels">Arrays are pictures of 0..255 and go through the model's picture pipeline; else they are what the model takes.</param>
/// <param name="LabelNames">The classes in the task's order, where it names them: a model that calls its own classes the same may have them in another order.</param>
/// <param name="Seed">Of sampled texts.</param>
/// <param name="Threads">Batches that are asked at once. Each runs on one thread, so answers do not depend on their number.</param>
public sealed record InProcessOptions(bool IsPixels = false, IReadOnlyList<string>? LabelNames = null, long Seed = 1234, int Threads = 1);

/// <summary>A model of a folder, run in this process.</summary>
public sealed class InProcessAdapter : IModelAdapter
{
    readonly RunnableModel _model;
    readonly InProcessOptions _options;
    readonly Lazy<ImageClassifier> _images;
    readonly Lazy<TextClassifier> _texts;
    readonly Lazy<TabularModel> _rows;
    readonly Lazy<TextEmbedder> _vectors;
    readonly Lazy<int[]?> _order;
    readonly LanguageScorer? _language;

    /// <param name="model">Stays the caller's to dispose.</param>
    public InProcessAdapter(RunnableModel model, InProcessOptions? options = null)
    {
        (_model, _options) = (model, options ?? new());
        (_images, _texts, _rows, _vectors) = (new(MakeImages), new(model.TextClassifier), new(model.TabularModel), new(() => model.TextEmbedder()));
        _order = new(() => LabelOrder.Find(_options.LabelNames, model.Labels));
        if (Can(Capability.Generate)) _language = new(model.LanguageModel(), _options.Seed);
        var abilities = new HashSet<ModelAbility>();
        if (Can(Capability.ClassifyImages) || Can(Capability.ClassifyText) || Can(Capability.PredictRows)) abilities.Add(ModelAbility.Classify);
        if (Can(Capability.PredictRows) || Can(Capability.ClassifyText) || Can(Capability.ClassifyImages)) abilities.Add(ModelAbility.Regress);
        if (Can(Capability.EmbedText)) abilities.Add(ModelAbility.Embed);
        if (Can(Capability.DetectObjects)) abilities.Add(ModelAbility.Detect);
        if (Can(Capability.ClassifyTokens)) abilities.Add(ModelAbility.ClassifyTokens);
        if (_language is not null) abilities.UnionWith([ModelAbility.Likelihood, ModelAbility.RollingLikelihood, ModelAbility.Generate]);
        Abilities = abilities;
        Kind = Can(Capability.Generate) ? "onnx-lm" : Can(Capability.DetectObjects) ? "onnx-detect" : Can(Capability.ClassifyImages) ? "onnx-image" : Can(Capability.ClassifyText) || Can(Capability.ClassifyTokens) ? "onnx-text"
            : Can(Capability.EmbedText) ? "onnx-embed" : Can(Capability.PredictRows) ? "onnx-tabular" : "onnx-tensors";
    }

    public string Kind { get; }

    public IReadOnlySet<ModelAbility> Abilities { get; }

    public string Scoring => _language is null ? "tensor" : "loglikelihood";

    public string Engine => string.Create(CultureInfo.InvariantCulture, $"onnxruntime {OnnxRuntime.Version} cpu intra={_model.Session.Settings.Threads}");

    /// <summary>Pictures and texts gain from a common run; a language model reads its sequences one by one.</summary>
    public int BatchSize => 32;

    public int Concurrency => _options.Threads;

    bool Can(Capability capability) => _model.Capabilities.Contains(capability);

    ImageClassifier MakeImages()
    {
        var made = _model.ImageClassifier();
        var input = ImageClassifier.FindInput(_model.Session)!;
        // A model of one channel takes grey pictures, whatever its preprocessor leaves unsaid.
        var channels = made.Pipeline.IsChannelsLast ? input.Shape[3] : input.Shape[1];
        return channels == 1 && !made.Pipeline.IsGrey ? _model.ImageClassifier(made.Pipeline with { IsGrey = true }) : made;
    }

    public Task PrepareAsync(IReadOnlyList<ModelRequest> requests, CancellationToken stop)
    {
        _language?.Prepare(requests, stop);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<ModelAnswer>> AskAsync(IReadOnlyList<ModelRequest> requests, CancellationToken stop)
    {
        try
        {
            return Task.FromResult(Ask(requests, stop));
        }
        catch (InferenceException e) when (e.Fault is InferenceFault.Input or InferenceFault.Execution or InferenceFault.Limit)
        {
            // One bad input must not take its neighbours with it: each alone.
            return Task.FromResult<IReadOnlyList<ModelAnswer>>(requests.Count == 1 ? [new FailedAnswer(e.Message)] : [.. requests.Select(request => AskAlone(request, stop))]);
        }
        catch (InferenceException e)
        {
            throw new EvaluationException($"The model cannot be run: {e.Message}", e);
        }
    }

    ModelAnswer AskAlone(ModelRequest request, CancellationToken stop)
    {
        try
        {
            return Ask([request], stop)[0];
        }
        catch (InferenceException e) when (e.Fault is InferenceFault.Input or InferenceFault.Execution or InferenceFault.Limit)
        {
            return new FailedAnswer(e.Message);
        }
    }

    IReadOnlyList<ModelAnswer> Ask(IReadOnlyList<ModelRequest> requests, CancellationToken stop)
    {
        if (requests.Count == 0) return [];
        foreach (var request in requests)
            if (!Abilities.Contains(ModelAbilities.Of(request))) throw ModelAbilities.Missing(this, ModelAbilities.Of(request));
        return requests[0] switch
        {
            LikelihoodRequest => _language!.Score(requests, stop),
            RollingRequest or GenerationRequest => [.. requests.Select(request => _language!.Answer(request, stop))],
            ClassificationRequest => Classify([.. requests.Cast<ClassificationRequest>().Select(request => request.Input)], stop),
            RegressionRequest => [.. Numbers([.. requests.Cast<RegressionRequest>().Select(request => request.Input)], stop).Select(row => new NumbersAnswer(new FloatList(row)))],
            EmbeddingRequest => [.. _vectors.Value.Embed([.. requests.Cast<EmbeddingRequest>().Select(request => request.Input is TextInput text ? text.Text : throw Wrong(request.Input))], stop).Select(vector => new VectorAnswer(vector))],
            DetectionRequest => [.. requests.Cast<DetectionRequest>().Select(request => new BoxesAnswer([.. _model.Detector().Detect(Image.Decode(request.Input.Content), stop).Select(found => new Metrics.Box(found.Left, found.Top, found.Right, found.Bottom, found.Class, found.Score))]))],
            TokenClassificationRequest => [.. requests.Cast<TokenClassificationRequest>().Select(request => new TagsAnswer(_model.TokenClassifier().ClassifyWords(request.Words, stop)))],
            var other => throw ModelAbilities.Missing(this, ModelAbilities.Of(other)),
        };
    }

    IReadOnlyList<ModelAnswer> Classify(IReadOnlyList<ModelInput> inputs, CancellationToken stop)
    {
        if (Can(Capability.PredictRows) && inputs[0] is ArrayInput) return [.. _rows.Value.Predict(Rows(inputs), stop).Select(row => new ClassAnswer(new FloatList(Ordered(row))))];
        var kind = inputs[0] is TextInput ? _texts.Value.Kind : Can(Capability.ClassifyImages) ? _images.Value.Kind : ScoreKind.Guess;
        return [.. Numbers(inputs, stop).Select(row => new ClassAnswer(new FloatList(LabelOrder.Apply(_order.Value, Scores.ToProbabilities(row, kind)))))];
    }

    /// <summary>The class scores of a row, in the order of the classes' names where these are numbers, else of the model.</summary>
    float[] Ordered(RowPrediction row)
    {
        if (row.Scores.Count == 0) throw new EvaluationException("The model gives a class without scores.");
        var order = LabelOrder.Find(_options.LabelNames, [.. row.Scores.Select(score => score.Key)]);
        return LabelOrder.Apply(order, Scores.ToProbabilities([.. row.Scores.Select(score => score.Value)], ScoreKind.Guess));
    }

    float[][] Numbers(IReadOnlyList<ModelInput> inputs, CancellationToken stop) => inputs[0] switch
    {
        TextInput => _texts.Value.Score([.. inputs.Select(input => input is TextInput text ? (text.Text, text.Pair) : throw Wrong(input))], stop),
        ImageInput => _images.Value.Score([.. inputs.Select(input => input is ImageInput picture ? Image.Decode(picture.Content) : throw Wrong(input))], stop),
        ArrayInput when Can(Capability.PredictRows) => [.. _rows.Value.Predict(Rows(inputs), stop).Select(row => row.Value is { } value ? new[] { value } : throw new EvaluationException("The model predicts classes, not numbers."))],
        ArrayInput when _options.IsPixels => _images.Value.Score([.. inputs.Select(input => Pixels.ToImage(((ArrayInput)input).Array))], stop),
        ArrayInput array => Tensors(inputs, array.Array.Shape, stop),
        var other => throw Wrong(other),
    };

    float[][] Tensors(IReadOnlyList<ModelInput> inputs, IReadOnlyList<int> shape, CancellationToken stop)
    {
        var each = shape.Aggregate(1, (a, b) => checked(a * b));
        var numbers = new float[checked(each * inputs.Count)];
        for (var i = 0; i < inputs.Count; i++)
        {
            var array = ((ArrayInput)inputs[i]).Array;
            if (!array.Shape.SequenceEqual(shape)) throw new InferenceException(InferenceFault.Input, "Arrays of one batch must have one shape.");
            array.Values.Span.CopyTo(numbers.AsSpan(i * each));
        }
        // [height, width] is a picture of one channel.
        long[] full = shape.Count == 2 ? [inputs.Count, 1, shape[0], shape[1]] : [inputs.Count, .. shape.Select(axis => (long)axis)];
        return new ImageClassifier(_model.Session, new(), _model.Labels).Score(numbers, full, stop);
    }

    static float[][] Rows(IReadOnlyList<ModelInput> inputs) => [.. inputs.Select(input => ((ArrayInput)input).Array.Values.ToArray())];

    EvaluationException Wrong(ModelInput input) => new($"The model ({Kind}) does not take {(input switch { TextInput => "texts", ImageInput => "pictures", _ => "arrays" })}.");

    public Func<CancellationToken, Task> Time(IReadOnlyList<ModelRequest> requests)
    {
        if (requests.Count == 0 || requests[0] is not ClassificationRequest) return stop => AskAsync(requests, stop);
        var inputs = requests.Cast<ClassificationRequest>().Select(request => request.Input).ToList();
        if (inputs[0] is ImageInput || (inputs[0] is ArrayInput && _options.IsPixels))
        {
            // Decoding and resizing are not what is measured.
            var images = inputs.Select(input => input is ImageInput picture ? Image.Decode(picture.Content) : Pixels.ToImage(((ArrayInput)input).Array)).ToList();
            var classifier = _images.Value;
            var shape = classifier.Pipeline.ShapeOf(images[0]);
            var numbers = images.SelectMany(classifier.Pipeline.Run).ToArray();
            long[] full = [images.Count, .. shape[1..]];
            return stop => Done(() => classifier.Score(numbers, full, stop));
        }
        return stop => AskAsync(requests, stop);

        static Task Done(Action work)
        {
            work();
            return Task.CompletedTask;
        }
    }

    public ValueTask DisposeAsync()
    {
        _language?.Dispose();
        return ValueTask.CompletedTask;
    }
}
