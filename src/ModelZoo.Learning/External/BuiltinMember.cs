using System.Text;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;
using ModelZoo.Weights;

namespace ModelZoo.Learning.External;

/// <summary>
/// The trainer of this program as one that keeps to the contract for trainers outside: it reads a member's folder and writes its epochs there. Nodes of a
/// cluster run it; and it says what the contract means.
/// </summary>
public static class BuiltinMember
{
    /// <summary>Trains the member of a folder, from where it was left. A loss that is no number ends it with a line that says so.</summary>
    /// <exception cref="TrainerException">The folder holds no order, or one that the trainer here cannot follow.</exception>
    public static async Task RunAsync(string folder, CancellationToken stop)
    {
        var path = Path.Combine(folder, WorkLayout.Order);
        if (!File.Exists(path)) throw new TrainerException($"There is no '{path}'.");
        var order = WorkOrder.Read(await File.ReadAllBytesAsync(path, stop));
        var (model, head, settings) = (order.Member.Architecture!, order.Member.Head!, TrainSettings.Of(order.Settings));
        var layout = ParameterLayout.Of(model, head);
        var train = await SetAsync("train");
        var evaluated = new List<ImageSet>();
        foreach (var name in order.EvaluatedOn.Where(name => order.Splits.Any(split => split.Name == name))) evaluated.Add(await SetAsync(name));
        var (seed, headSeed) = ((ulong)order.Member.Seed!.Value, (ulong)order.Member.HeadSeed!.Value);
        var start = order.HasStart ? await ReadAsync(WorkLayout.Start, backbone: false)
            : StartingPoint.Of(model, head, settings.Initialization, seed, headSeed, order.Parent is { } parent ? await ReadAsync(parent.Path, backbone: true) : (ReadOnlyMemory<float>?)null);
        if (settings.ProbeFirst) start = PopulationTrainer.Probe(model, head, settings, train, headSeed, start, stop);
        var trainer = new MemberTrainer(new(model, head, settings, train, evaluated, seed, start));
        var place = new FolderPlace(folder);
        var resume = $"{WorkLayout.Resume}/state.safetensors";
        if (await place.FindAsync(resume, stop) is { } kept && await StateFile.FindResumeAsync(kept, stop) is { } state && state.Parameters.Length == layout.Count) trainer.Restore(state);
        else
        {
            // Lines of a run whose state is gone would be told twice.
            await place.WriteAsync([new(WorkLayout.Metrics, null)], stop);
            await WriteAsync(new(0, null, null, trainer.Evaluate(stop)));
        }
        try
        {
            while (trainer.Epoch < order.Epochs) await WriteAsync(trainer.RunEpoch(stop, (trainer.Epoch + 1) % order.EvaluateEvery == 0 || trainer.Epoch + 1 == order.Epochs));
        }
        catch (DivergedException diverged)
        {
            await AppendAsync($"{{\"epoch\": {diverged.Epoch}, \"train_loss\": NaN}}\n");
        }

        async Task WriteAsync(EpochReport report)
        {
            var files = new List<PopulationFile>();
            if (order.Checkpoints.Contains(report.Epoch)) files.Add(new(WorkLayout.State(report.Epoch), await StateFile.WeightsAsync(layout, trainer.State.Parameters, DType.F32, new Dictionary<string, string> { ["format"] = "pt" }, stop)));
            // The line before the state to go on from: an epoch may be told twice, never left out.
            await place.WriteAsync(files, stop);
            var line = EpochRecord.Of(report, order.Member.DatasetId ?? "", 0, PopulationStore.Code).ToLine() + "\n";
            await AppendAsync(line);
            await place.WriteAsync([new(resume, await StateFile.ResumeAsync(trainer.State, stop))], stop);
        }

        async Task AppendAsync(string line)
        {
            await using var metrics = new FileStream(Path.Combine(folder, WorkLayout.Metrics), FileMode.Append, FileAccess.Write, FileShare.Read);
            await metrics.WriteAsync(Encoding.UTF8.GetBytes(line), stop);
            metrics.Flush(flushToDisk: true);
        }

        Task<ImageSet> SetAsync(string name) => order.Splits.FirstOrDefault(split => split.Name == name) is { Path: { } file, Classes: { } classes }
            ? ImageSetFile.ReadAsync(Path.Combine(folder, file), name, classes, stop)
            : throw new TrainerException($"The data set {order.Member.DatasetId} is not available to the trainer here: its split '{name}' lies elsewhere.");

        async Task<float[]> ReadAsync(string file, bool backbone)
        {
            if (!File.Exists(Path.Combine(folder, file))) throw new TrainerException($"The state '{file}' to start from is missing.");
            using var source = new FileByteSource(Path.Combine(folder, file));
            try
            {
                var tensors = TensorContent.Of(await WeightReader.ReadHeaderAsync(source, stop), source);
                return backbone ? await StateFile.ReadBackboneAsync(layout, tensors, file, stop) : await StateFile.ReadWeightsAsync(layout, tensors, file, stop);
            }
            catch (Exception problem) when (problem is WeightFormatException or PopulationException)
            {
                throw new TrainerException($"The state '{file}' to start from cannot be used: {problem.Message}");
            }
        }
    }
}
