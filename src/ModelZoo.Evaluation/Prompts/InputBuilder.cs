using System.Globalization;
using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Requests;
using ModelZoo.Evaluation.Tasks;
using ModelZoo.Inference.Templates;

namespace ModelZoo.Evaluation.Prompts;

/// <summary>Requests of tasks that give a model an input instead of a prompt.</summary>
sealed class InputBuilder(TaskDefinition task, FieldSource text)
{
    readonly Dictionary<string, int> _labels = task.Zoo.LabelNames.Select((name, index) => (name, index)).DistinctBy(pair => pair.name).ToDictionary(pair => pair.name, pair => pair.index, StringComparer.Ordinal);

    public Prompt Build(Document document, FieldSource target)
    {
        var expected = target.IsGiven ? target.Target(document) : null;
        switch (task.OutputType)
        {
            case OutputType.Classification: return new InputPrompt(task, document, [new ClassificationRequest(Input(document))], Label(expected, document));
            case OutputType.Regression: return new InputPrompt(task, document, [new RegressionRequest(Input(document))], Number(expected, document));
            case OutputType.Detection: return new InputPrompt(task, document, [new DetectionRequest(Input(document) as ImageInput ?? throw Wrong(document, "objects are found in pictures."))], null, Boxes(document));
            case OutputType.TokenClassification:
                var words = Texts(document, task.Zoo.Input?.Column ?? "tokens");
                var tags = expected is IReadOnlyList<object?> list ? list.Select(tag => tag is long number && number >= 0 && number < task.Zoo.LabelNames.Count ? task.Zoo.LabelNames[(int)number] : PythonText.Of(tag)).ToList() : throw Wrong(document, "the labels are no list.");
                if (tags.Count != words.Count) throw Wrong(document, $"there are {words.Count} words and {tags.Count} labels.");
                return new InputPrompt(task, document, [new TokenClassificationRequest(words)], tags);
            case OutputType.Embedding when task.Zoo.Input is { Kind: "text_pair" } pair:
                var both = (TextInput)Input(document);
                return new InputPrompt(task, document, [new EmbeddingRequest(new TextInput(both.Text)), new EmbeddingRequest(new TextInput(both.Pair!))], Number(expected, document));
            case OutputType.Embedding: return new InputPrompt(task, document, [new EmbeddingRequest(Input(document))], task.Zoo.Probe is null ? null : Label(expected, document));
            default: return new InputPrompt(task, document, [Timed(document)], null);
        }
    }

    ModelRequest Timed(Document document) => task.Zoo.Scenario?.Asks switch
    {
        "embedding" => new EmbeddingRequest(Input(document)),
        "regression" => new RegressionRequest(Input(document)),
        "detection" => new DetectionRequest(Input(document) as ImageInput ?? throw Wrong(document, "objects are found in pictures.")),
        "generation" => new GenerationRequest(Words(document), [], GenerationOptions.DefaultMaxTokens),
        "loglikelihood" => new RollingRequest(Words(document)),
        _ => new ClassificationRequest(Input(document)),
    };

    string Words(Document document) => (Input(document) as TextInput ?? throw Wrong(document, "the input is no text.")).Text;

    ModelInput Input(Document document)
    {
        var input = task.Zoo.Input ?? new ZooInput(null, null, "text");
        if (input.Kind is "text" or "text_pair")
        {
            var shown = input.Column is { } column ? Text(document, column) : text.Text(document) as string ?? throw Wrong(document, "doc_to_text gives no text.");
            return new TextInput(shown, input.Kind == "text_pair" ? Text(document, input.Pair ?? throw Wrong(document, "'zoo.input.pair' is missing.")) : null);
        }
        return Column(document, input.Column ?? (input.Kind == "image" ? "image" : throw Wrong(document, "'zoo.input.column' is missing."))) switch
        {
            ReadOnlyMemory<byte> bytes when input.Kind == "image" => new ImageInput(bytes),
            NumberArray array => new ArrayInput(array),
            IReadOnlyList<object?> numbers => new ArrayInput(new(numbers.Select(number => (float)Number(number, document)).ToArray(), [numbers.Count])),
            long or double when input.Kind == "tensor" => new ArrayInput(new(new[] { (float)Number(Column(document, input.Column!), document) }, [1])),
            _ => throw Wrong(document, $"the column '{input.Column}' holds no {input.Kind}."),
        };
    }

    object? Column(Document document, string name) => document.Fields.TryGetValue(name, out var value) ? value : throw Wrong(document, $"there is no column '{name}'.");

    string Text(Document document, string name) => Column(document, name) is { } value and (string or long or double or bool) ? PythonText.Of(value) : throw Wrong(document, $"the column '{name}' holds no text.");

    List<string> Texts(Document document, string name) => Column(document, name) is IReadOnlyList<object?> list ? [.. list.Select(PythonText.Of)] : throw Wrong(document, $"the column '{name}' holds no list.");

    int Label(object? value, Document document)
    {
        if (value is string name && _labels.TryGetValue(name, out var named)) return named;
        var number = Number(value, document);
        if (Math.Floor(number) != number || number is < 0 or > 10_000_000 || (_labels.Count > 0 && number >= task.Zoo.LabelNames.Count)) throw Wrong(document, $"{PythonText.Quoted(value)} is no label.");
        return (int)number;
    }

    double Number(object? value, Document document)
    {
        var number = value switch
        {
            long whole => whole,
            double real => real,
            bool flag => flag ? 1 : 0,
            string shown when PythonNumber.TryReal(shown, out var real) => real,
            _ => throw Wrong(document, $"{PythonText.Quoted(value)[..Math.Min(60, PythonText.Quoted(value).Length)]} is no number."),
        };
        return double.IsFinite(number) ? number : throw Wrong(document, $"{number.ToString(CultureInfo.InvariantCulture)} is no number to compare with.");
    }

    List<Box> Boxes(Document document)
    {
        var fields = task.Zoo.Boxes ?? new BoxFields("objects", "bbox", "category", "xywh");
        var list = Column(document, fields.Column) as IReadOnlyList<object?> ?? throw Wrong(document, $"the column '{fields.Column}' holds no list.");
        return [.. list.Select(item =>
        {
            var map = item as IReadOnlyDictionary<string, object?> ?? throw Wrong(document, "a box is no mapping.");
            var sides = map.GetValueOrDefault(fields.Box) is IReadOnlyList<object?> { Count: 4 } numbers ? numbers.Select(number => Number(number, document)).ToArray() : throw Wrong(document, $"'{fields.Box}' holds no four numbers.");
            var box = fields.Format == "xyxy" ? (sides[2], sides[3]) : (sides[0] + sides[2], sides[1] + sides[3]);
            return new Box(sides[0], sides[1], box.Item1, box.Item2, Label(map.GetValueOrDefault(fields.Class), document), 1);
        })];
    }

    EvaluationException Wrong(Document document, string reason) => new($"{task.Name}, document {document.Id}: {reason}");
}

/// <summary>An input and what is expected of it: a label, a number, tags or boxes.</summary>
sealed class InputPrompt(TaskDefinition task, Document document, IReadOnlyList<ModelRequest> requests, object? expected, IReadOnlyList<Box>? boxes = null)
    : Prompt(task, document, requests, expected is int label ? (long)label : expected)
{
    public override IReadOnlyList<JudgedSample> Judge(IReadOnlyList<ModelAnswer> answers)
    {
        switch (Task.OutputType)
        {
            case OutputType.Classification:
                var classes = Answers.Get<ClassAnswer>(answers, 0).Probabilities;
                foreach (var probability in classes) Answers.Finite(probability, "a probability");
                if ((int)expected! >= classes.Count) throw new EvaluationException($"The label {expected} is beyond the {classes.Count} classes that the model knows.");
                return Same(classes.Select(object? (value) => value).ToList(), new ClassOutcome(classes, (int)expected));
            case OutputType.Regression:
                var numbers = Answers.Get<NumbersAnswer>(answers, 0).Values;
                if (numbers.Count != 1) throw new EvaluationException($"The model gave {numbers.Count} numbers, and one is expected.");
                return Same(numbers[0], new NumberOutcome(Answers.Finite(numbers[0], "a number"), (double)expected!));
            case OutputType.Detection:
                var found = Answers.Get<BoxesAnswer>(answers, 0).Boxes;
                foreach (var box in found) Answers.Finite(box.Left + box.Top + box.Right + box.Bottom + box.Score, "a box");
                return Same(found.Select(object? (box) => new List<object?> { box.Left, box.Top, box.Right, box.Bottom, (long)box.Class, box.Score }).ToList(), new DetectionOutcome(found, boxes!));
            case OutputType.TokenClassification:
                var tags = Answers.Get<TagsAnswer>(answers, 0).Tags;
                var labels = (IReadOnlyList<string>)expected!;
                if (tags.Count != labels.Count) throw new EvaluationException($"The model gave {tags.Count} tags for {labels.Count} words.");
                return Same(tags.ToList<object?>(), new TagOutcome(tags, labels));
            case OutputType.Embedding when Requests.Count == 2:
                var similarity = Cosine(Answers.Get<VectorAnswer>(answers, 0).Values.Span, Answers.Get<VectorAnswer>(answers, 1).Values.Span);
                return Same(similarity, new NumberOutcome(similarity, (double)expected!));
            default: return Same(null, null);
        }
    }

    static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length) throw new EvaluationException($"The two vectors have {a.Length} and {b.Length} numbers.");
        double dot = 0, one = 0, other = 0;
        for (var i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            one += (double)a[i] * a[i];
            other += (double)b[i] * b[i];
        }
        // A vector of zeros points nowhere: as far from all as from itself.
        return one == 0 || other == 0 ? 0 : Answers.Finite(dot / Math.Sqrt(one * other), "a vector");
    }
}
