using System.Runtime.InteropServices;
using System.Text.Json;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Learning.FineTuning;

/// <summary>Everything needed to go on after an epoch: what learns, the optimiser's moments, the best so far and the curve.</summary>
/// <param name="Epoch">Epochs done.</param>
/// <param name="Best">What learns, as it was at the best epoch; empty where none was better yet.</param>
public sealed record FineTuneState(int Epoch, long Steps, float[] Learning, float[] First, float[] Second, float[] Best, int BestEpoch, int SinceBest, SetScore? BestScore, IReadOnlyList<EpochScore> Curve)
{
    const string Key = "finetune";

    sealed record Facts(string Task, int Epoch, long Steps, int BestEpoch, int SinceBest, int BestCount, double BestLoss, int? BestCorrect, double? BestF1, bool HasBest, IReadOnlyList<EpochScore> Curve);

    /// <summary>As safetensors.</summary>
    /// <param name="task">Says which model, data and settings it belongs to.</param>
    public Task<byte[]> WriteAsync(string task, CancellationToken stop)
    {
        var facts = new Facts(task, Epoch, Steps, BestEpoch, SinceBest, BestScore?.Count ?? 0, BestScore?.Loss ?? 0, BestScore?.Correct, BestScore?.MacroF1, BestScore is not null, Curve);
        var tensors = new[] { ("learning", Learning), ("first", First), ("second", Second), ("best", Best) }.Where(tensor => tensor.Item2.Length > 0)
            .Select(tensor => StateFile.Content(tensor.Item1, [tensor.Item2.Length], tensor.Item2, DType.F32));
        return StateFile.WriteAsync(tensors, new Dictionary<string, string> { [Key] = JsonSerializer.Serialize(facts) }, stop);
    }

    /// <summary>What <see cref="WriteAsync"/> wrote; null when it is damaged or belongs to another task, so that training begins anew.</summary>
    public static async Task<FineTuneState?> FindAsync(byte[] content, string task, CancellationToken stop)
    {
        try
        {
            var source = new MemoryByteSource(content);
            var file = await WeightReader.ReadHeaderAsync(source, stop);
            if (file.Metadata.GetValueOrDefault(Key)?.ToString() is not { } text || JsonSerializer.Deserialize<Facts>(text) is not { } facts || facts.Task != task) return null;
            var tensors = TensorContent.Of(file, source).ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
            var best = facts.HasBest ? new SetScore("validation", facts.BestCount, facts.BestLoss, []) { Correct = facts.BestCorrect, MacroF1 = facts.BestF1 } : null;
            return new(facts.Epoch, facts.Steps, Read("learning"), Read("first"), Read("second"), Read("best"), facts.BestEpoch, facts.SinceBest, best, facts.Curve);

            float[] Read(string name) => tensors.TryGetValue(name, out var tensor) ? MemoryMarshal.Cast<byte, float>(content.AsSpan((int)tensor.Offset, (int)tensor.ByteLength)).ToArray() : [];
        }
        catch (Exception damaged) when (damaged is WeightFormatException or JsonException)
        {
            return null;
        }
    }
}
