using System.Globalization;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Inference.Adapters;

/// <summary>A prediction for one row: a class with the scores of all, or a number.</summary>
public sealed record RowPrediction(string? Label, float? Value, IReadOnlyList<KeyValuePair<string, float>> Scores);

/// <summary>Models of tables: one input [rows, columns]; gives labels with class scores (a tensor, or ONNX-ML's sequence of maps), or numbers.</summary>
public sealed class TabularModel
{
    readonly OnnxSession _session;
    readonly Port _input;

    public TabularModel(OnnxSession session)
    {
        _session = session;
        _input = session.Inputs is [{ Rank: 2 } port] && (port.Type?.IsFloating() == true || port.Type is ElementType.Int64 or ElementType.Int32) ? port
            : throw new InferenceException(InferenceFault.Model, $"The model takes no table: its inputs are {string.Join(", ", session.Inputs)}.");
    }

    /// <summary>How many columns a row has; null when the model leaves it open.</summary>
    public int? Columns => _input.Shape[1] > 0 ? (int)_input.Shape[1] : null;

    public RowPrediction[] Predict(IReadOnlyList<float[]> rows, CancellationToken stop)
    {
        if (rows.Count == 0) return [];
        var width = Columns ?? rows[0].Length;
        for (var i = 0; i < rows.Count; i++)
            if (rows[i].Length != width) throw new InferenceException(InferenceFault.Input, $"Row {i} has {rows[i].Length} columns; the model takes {width}.");
        var numbers = rows.SelectMany(row => row).ToArray();
        using var input = _input.Type!.Value.IsFloating() ? NumberTensor.Of(numbers, _input.Type, [rows.Count, width]) : NumberTensor.Of(Array.ConvertAll(numbers, x => (long)x), _input.Type, [rows.Count, width]);
        using var outputs = _session.Run([(_input.Name, input)], stop);
        return _session.Outputs.Count == 1 ? ReadNumbers(outputs, rows.Count) : ReadClasses(outputs, rows.Count);
    }

    RowPrediction[] ReadNumbers(RunOutputs outputs, int rows)
    {
        var values = outputs[0].Type is ElementType.Int64 or ElementType.String ? null : TextClassifier.Rows(outputs[0], rows);
        if (values is null) return [.. Labels(outputs[0]).Select(label => new RowPrediction(label, null, []))];
        return [.. values.Select(row => row.Length == 1 ? new RowPrediction(null, row[0], []) : Classes(null, row))];
    }

    RowPrediction[] ReadClasses(RunOutputs outputs, int rows)
    {
        var labels = Labels(outputs[0]);
        if (_session.Outputs[1].Type is null)
        {
            var maps = outputs.Maps(_session.Outputs[1].Name);
            return [.. labels.Select((label, i) => new RowPrediction(label, null, maps[i]))];
        }
        var scores = TextClassifier.Rows(outputs[1], rows);
        return [.. labels.Select((label, i) => Classes(label, scores[i]))];
    }

    static RowPrediction Classes(string? label, float[] scores)
    {
        var named = scores.Select((score, i) => KeyValuePair.Create(i.ToString(CultureInfo.InvariantCulture), score)).ToArray();
        return new(label ?? named[Scores.ArgMax(scores)].Key, null, named);
    }

    static string[] Labels(Tensor tensor) => tensor.Type == ElementType.String ? tensor.ToTexts()
        : [.. tensor.Span<long>().ToArray().Select(label => label.ToString(CultureInfo.InvariantCulture))];
}
