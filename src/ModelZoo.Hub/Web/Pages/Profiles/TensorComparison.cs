using ModelZoo.Git;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Pages.Profiles;

/// <summary>Compares the tensors of two commits, of one repository or of two.</summary>
sealed class TensorComparison(ProfileReader profiles)
{
    const int MostShown = 60;

    static readonly string[] s_endings = [".safetensors", ".gguf", ".onnx", ".bin", ".pt", ".pth", ".ckpt", ".h5", ".keras", ".tflite", ".npz", ".pb"];

    public static bool IsWeight(string path) => s_endings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>Null when neither side has tensors.</summary>
    public async Task<TensorDiffView?> FindAsync(ReadableRepository oneProof, CommitRow? one, ReadableRepository otherProof, CommitRow other, CancellationToken stop)
    {
        var before = one is null ? null : await profiles.FindAsync(oneProof, one, stop);
        var after = await profiles.FindAsync(otherProof, other, stop);
        if (before?.Standing == ProfileStanding.Pending || after.Standing == ProfileStanding.Pending) return new("The headers are being read; load this page again in a moment.", [], 0);
        if (oneProof.Id == otherProof.Id && before?.Digest is not null && before.Digest == after.Digest) return new("Both have the same weight files.", [], 0);
        var old = before is null ? null : await profiles.FindTensorsAsync(oneProof, before, stop);
        var now = await profiles.FindTensorsAsync(otherProof, after, stop);
        if (old is null && now is null) return null;
        if (TensorTableDiff.Of(old ?? [], now ?? [], MostShown) is not { } diff) return new($"There are more than {Quantity.Exact(TensorTableDiff.MaxTensors)} tensors: too many to compare on a page.", [], 0);
        if (diff.IsEmpty) return new($"All {Quantity.Of(diff.Same, "tensor")} have the same names, shapes and types.", [], 0);
        var all = diff.Added + diff.Removed + diff.Reshaped + diff.Retyped;
        var parts = ((int Count, string Word)[])[(diff.Added, "added"), (diff.Removed, "removed"), (diff.Reshaped, "reshaped"), (diff.Retyped, "retyped"), (diff.Same, "the same")];
        return new($"{string.Join(", ", parts.Where(part => part.Count > 0).Select(part => $"{Quantity.Exact(part.Count)} {part.Word}"))}; {Signed(diff.ElementChange, Amount.Parameters)} numbers, {Signed(diff.ByteChange, Amount.Bytes)}.",
            [.. diff.Shown.Select(Line)], Math.Max(0, all - diff.Shown.Count));
    }

    static TensorDiffLine Line(TensorChange change) => new(change.Name,
        change.Before is null ? "added" : change.After is null ? "removed" : change is { IsReshaped: true, IsRetyped: true } ? "reshaped, retyped" : change.IsReshaped ? "reshaped" : "retyped", Say(change.Before), Say(change.After));

    static string Say(TensorEntry? tensor) => tensor is null ? "" : $"{tensor.DType} {(tensor.Shape.Count == 0 ? "scalar" : string.Join(" × ", tensor.Shape))}";

    static string Signed(double value, Func<double, string> say) => value == 0 ? "0" : value > 0 ? "+" + say(value) : "−" + say(-value);
}
