using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using ModelZoo.Learning.Exchange;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;
using ModelZoo.Weights;

namespace ModelZoo.Learning.External;

/// <summary>
/// Follows what a trainer writes into its folder, while it writes. A line counts when it ends with a line feed; a state when it lies under its name.
/// Nothing of it is trusted: names, shapes, types, sizes and numbers are checked before an epoch is handed on.
/// </summary>
/// <param name="wanted">Epochs whose weights were asked for.</param>
public sealed class WorkReader(string folder, Architecture model, HeadShape head, int epochs, IReadOnlySet<int> wanted)
{
    const int MaxLineBytes = 1 << 20;
    const long MaxMetricsBytes = 256L << 20;
    const int MaxHeaderBytes = 16 << 20;
    const int MaxSplits = 64;

    static readonly HashSet<DType> s_types = [DType.F16, DType.BF16, DType.F32, DType.F64];

    readonly ParameterLayout _layout = ParameterLayout.Of(model, head);
    long _offset;
    int _line;

    /// <summary>Epochs from <paramref name="next"/> on that are complete now. Reading again goes on where this ended.</summary>
    /// <param name="start">Makes the weights before the first step, where the trainer wrote none because it began with ours.</param>
    /// <exception cref="TrainerException">Something breaks the contract, or the weights are no numbers; the message says what and where.</exception>
    public async IAsyncEnumerable<WorkEpoch> ReadAsync(int next, Func<Task<float[]>> start, [EnumeratorCancellation] CancellationToken stop)
    {
        var path = Path.Combine(folder, WorkLayout.Metrics);
        var file = new FileInfo(path);
        if (!file.Exists || file.Length == 0) yield break;
        RequirePlain(file);
        if (file.Length > MaxMetricsBytes) throw new TrainerException($"{WorkLayout.Metrics} has {file.Length} bytes; at most {MaxMetricsBytes} are read.");
        // A trainer that began anew has begun its file anew.
        if (file.Length < _offset) (_offset, _line) = (0, 0);
        foreach (var text in await LinesAsync(path, stop))
        {
            _line++;
            var line = ReadLine(text);
            if (line.Epoch < next) continue;
            if (line.Epoch > epochs) throw Wrong($"tells of epoch {line.Epoch}, beyond the {epochs} that were asked for");
            if (next == 0 && line.Epoch > 0)
            {
                yield return new(0, null, null, [], await FindStateAsync(0, stop) ?? await start());
                next = 1;
            }
            if (line.Epoch != next) throw Wrong($"jumps to epoch {line.Epoch}; epoch {next} comes first");
            if (line.IsDiverged) throw new TrainerException($"The trainer's loss was no finite number in epoch {line.Epoch}.", isDivergence: true);
            var state = await FindStateAsync(next, stop);
            if (state is null && next == 0) state = await start();
            if (state is null && wanted.Contains(next)) throw Wrong($"tells of epoch {next}, whose weights '{WorkLayout.State(next)}' are not there; they come before the line");
            yield return new(next++, line.TrainLoss, line.TrainAccuracy, line.Splits, state);
        }
    }

    async Task<IReadOnlyList<string>> LinesAsync(string path, CancellationToken stop)
    {
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Position = _offset;
        var lines = new List<string>();
        using var line = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int read; (read = await stream.ReadAsync(buffer, stop)) > 0;)
            for (var from = 0; from < read;)
            {
                var end = Array.IndexOf(buffer, (byte)'\n', from, read - from);
                line.Write(buffer, from, (end < 0 ? read : end) - from);
                if (line.Length > MaxLineBytes) throw new TrainerException($"Line {_line + lines.Count + 1} of {WorkLayout.Metrics} is longer than {MaxLineBytes} bytes.");
                if (end < 0) break;
                _offset += line.Length + 1;
                lines.Add(Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length));
                line.SetLength(0);
                from = end + 1;
            }
        return lines;
    }

    (int Epoch, double? TrainLoss, double? TrainAccuracy, IReadOnlyList<SplitResult> Splits, bool IsDiverged) ReadLine(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(RayResults.Unbare(text), new() { MaxDepth = 16 });
            var line = json.RootElement;
            if (line.ValueKind != JsonValueKind.Object) throw Wrong("is no JSON object");
            if (line.FindWhole("epoch") is not (>= 0 and <= int.MaxValue and var epoch)) throw Wrong("says no epoch");
            var splits = new List<SplitResult>();
            if (line.TryGetProperty("splits", out var list) && list.ValueKind == JsonValueKind.Array)
                foreach (var split in list.EnumerateArray().Take(MaxSplits))
                    splits.Add(ReadSplit(split));
            var loss = Number(line, "train_loss");
            return ((int)epoch, loss, Number(line, "train_accuracy"), splits, loss is { } known && !double.IsFinite(known));
        }
        catch (JsonException problem)
        {
            throw Wrong($"is no JSON: {problem.Message}");
        }
    }

    SplitResult ReadSplit(JsonElement split)
    {
        if (split.ValueKind != JsonValueKind.Object || split.FindText("split") is not { Length: > 0 and <= 100 } name) throw Wrong("has a split without a name");
        var (n, correct) = (split.FindWhole("n"), split.FindWhole("correct"));
        if (n is not (>= 1 and <= int.MaxValue) || correct is not >= 0 || correct > n) throw Wrong($"says n {n?.ToString(CultureInfo.InvariantCulture) ?? "missing"} and correct {correct?.ToString(CultureInfo.InvariantCulture) ?? "missing"} of '{name}', which cannot be");
        return new(name, (int)n, (int)correct, Number(split, "loss") ?? double.NaN, []);
    }

    static double? Number(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? RayResults.Number(value) : null;

    /// <exception cref="TrainerException">There is one, and it is not what was asked for.</exception>
    async Task<float[]?> FindStateAsync(int epoch, CancellationToken stop)
    {
        var name = WorkLayout.State(epoch);
        var file = new FileInfo(Path.Combine(folder, name));
        if (!file.Exists) return null;
        RequirePlain(file);
        var most = _layout.Count * (long)sizeof(double) + MaxHeaderBytes;
        if (file.Length > most) throw new TrainerException($"'{name}' has {file.Length} bytes; {_layout.Count} numbers need at most {most}.");
        try
        {
            using var source = new FileByteSource(file.FullName);
            var header = await WeightReader.ReadHeaderAsync(source, stop);
            if (header.Format != WeightFormat.Safetensors) throw new TrainerException($"'{name}' is no safetensors file.");
            var tensors = TensorContent.Of(header, source);
            var known = _layout.Tensors.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
            if (tensors.FirstOrDefault(tensor => !known.Contains(tensor.Name)) is { } unknown) throw new TrainerException($"'{name}' holds a tensor '{unknown.Name}', which the member's architecture does not have.");
            if (tensors.FirstOrDefault(tensor => !s_types.Contains(tensor.DType)) is { } other) throw new TrainerException($"'{other.Name}' of '{name}' holds {other.DType}; weights are F32, F64, F16 or BF16.");
            var parameters = await StateFile.ReadWeightsAsync(_layout, tensors, name, stop);
            for (var i = 0; i < parameters.Length; i++)
                if (!float.IsFinite(parameters[i])) throw new TrainerException($"'{_layout.Tensors.Last(tensor => tensor.Offset <= i).Name}' of '{name}' holds a number that is none or infinite.", isDivergence: true);
            return parameters;
        }
        catch (Exception problem) when (problem is WeightFormatException or PopulationException)
        {
            throw new TrainerException(problem is WeightFormatException ? $"'{name}' is damaged: {problem.Message}" : problem.Message);
        }
    }

    /// <summary>A pipe would keep us waiting, a link would show us somebody else's file.</summary>
    static void RequirePlain(FileInfo file)
    {
        if (file.LinkTarget is not null || (file.Attributes & (FileAttributes.Directory | FileAttributes.Device | FileAttributes.ReparsePoint)) != 0) throw new TrainerException($"'{file.Name}' is no plain file.");
        if (file.Length == 0) throw new TrainerException($"'{file.Name}' is empty.");
    }

    TrainerException Wrong(string problem) => new($"Line {_line} of {WorkLayout.Metrics} {problem}.");
}
