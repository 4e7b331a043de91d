using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Merging;

/// <summary>
/// Permutes the units of one vision transformer so that its weights lie as near to another's as a permutation can bring them; what it computes stays the
/// same. Weight matching by coordinate descent over the symmetries of a transformer with normalisation before each part: the residual stream, hidden
/// units, heads, and units inside heads.
/// </summary>
/// <remarks>
/// Ainsworth et al. 2022 (Git Re-Basin), arXiv:2209.04836. Permutations connect wide convolutional networks; for transformers trained apart they bring
/// weights nearer and leave the barrier: measure before and after.
/// </remarks>
public sealed class VitAlignment
{
    const double SmallestGain = 1e-9;
    const int MostRounds = 100;

    readonly Architecture _model;
    readonly ParameterLayout _layout;
    readonly float[] _target;

    VitAlignment(Architecture model, ParameterLayout layout, float[] target, float[] moved)
    {
        (_model, _layout, _target, Parameters) = (model, layout, target, moved);
        Objectives.Add(Objective());
    }

    /// <summary>The aligned model.</summary>
    public float[] Parameters { get; }

    /// <summary>⟨A, πB⟩ at the beginning and after each round; never falls.</summary>
    public List<double> Objectives { get; } = [];

    /// <summary>Aligns <paramref name="moved"/> to <paramref name="target"/>.</summary>
    public static VitAlignment Run(Architecture model, HeadShape head, float[] target, float[] moved, CancellationToken stop)
    {
        if (model.Family != Family.Vit) throw new MergeException("Only vision transformers are aligned.");
        var layout = ParameterLayout.Of(model, head);
        if (target.Length != layout.Count || moved.Length != layout.Count) throw new MergeException("The two models have other shapes than the architecture says.");
        var alignment = new VitAlignment(model, layout, target, [.. moved]);
        for (var round = 0; round < MostRounds; round++)
        {
            stop.ThrowIfCancellationRequested();
            alignment.AlignStream();
            for (var b = 0; b < model.Depth; b++)
            {
                alignment.AlignHidden(b);
                alignment.AlignHeads(b);
            }
            alignment.Objectives.Add(alignment.Objective());
            if (alignment.Objectives[^1] - alignment.Objectives[^2] < SmallestGain) break;
        }
        return alignment;
    }

    double Objective()
    {
        var sum = 0.0;
        for (var i = 0; i < _target.Length; i++) sum += (double)_target[i] * Parameters[i];
        return sum;
    }

    void AlignStream()
    {
        var axes = StreamAxes().ToList();
        Permute(BestAssignment.Solve(Gain(_model.Dim, axes)), axes);
    }

    void AlignHidden(int block)
    {
        var name = $"blocks.{block}.mlp";
        List<Axis> axes = [Rows($"{name}.fc1.weight"), Rows($"{name}.fc1.bias"), Columns($"{name}.fc2.weight")];
        Permute(BestAssignment.Solve(Gain(_model.Mlp, axes)), axes);
    }

    /// <summary>For every pair of heads the best inner permutations are found first, so that rows of different heads never mix.</summary>
    void AlignHeads(int block)
    {
        var (heads, width) = (_model.Heads, _model.Dim / _model.Heads);
        var name = $"blocks.{block}.attn";
        List<Axis> queries = [Rows($"{name}.qkv.weight", 0), Rows($"{name}.qkv.bias", 0)], keys = [Rows($"{name}.qkv.weight", 1), Rows($"{name}.qkv.bias", 1)];
        List<Axis> values = [Rows($"{name}.qkv.weight", 2), Rows($"{name}.qkv.bias", 2), Columns($"{name}.proj.weight")];
        var (gainQk, gainV) = (Gain(_model.Dim, [.. queries, .. keys]), Gain(_model.Dim, values));
        var (inner, innerV) = (new int[heads, heads][], new int[heads, heads][]);
        var gain = new double[heads, heads];
        for (var x = 0; x < heads; x++)
            for (var y = 0; y < heads; y++)
            {
                inner[x, y] = Solve(gainQk);
                innerV[x, y] = Solve(gainV);

                int[] Solve(double[,] all)
                {
                    var part = new double[width, width];
                    for (var i = 0; i < width; i++)
                        for (var j = 0; j < width; j++) part[i, j] = all[x * width + i, y * width + j];
                    var chosen = BestAssignment.Solve(part);
                    for (var i = 0; i < width; i++) gain[x, y] += part[i, chosen[i]];
                    return chosen;
                }
            }
        var order = BestAssignment.Solve(gain);
        var (whole, wholeV) = (new int[_model.Dim], new int[_model.Dim]);
        for (var x = 0; x < heads; x++)
            for (var i = 0; i < width; i++)
            {
                whole[x * width + i] = order[x] * width + inner[x, order[x]][i];
                wholeV[x * width + i] = order[x] * width + innerV[x, order[x]][i];
            }
        Permute(whole, [.. queries, .. keys]);
        Permute(wholeV, values);
    }

    IEnumerable<Axis> StreamAxes()
    {
        yield return Columns("cls_token");
        yield return Columns("pos_embed");
        yield return Rows("patch_embed.proj.weight");
        yield return Rows("patch_embed.proj.bias");
        for (var b = 0; b < _model.Depth; b++)
        {
            foreach (var name in (string[])["attn.proj.weight", "attn.proj.bias", "mlp.fc2.weight", "mlp.fc2.bias", "norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias"]) yield return Rows($"blocks.{b}.{name}");
            yield return Columns($"blocks.{b}.attn.qkv.weight");
            yield return Columns($"blocks.{b}.mlp.fc1.weight");
        }
        yield return Rows("norm.weight");
        yield return Rows("norm.bias");
        yield return Columns(_layout.Tensors.Any(tensor => tensor.Name == "head.0.weight") ? "head.0.weight" : "head.weight");
    }

    /// <summary>Where the entries of a permuted axis lie: entry i has <paramref name="Count"/> numbers from Offset + i·Step on, Stride apart.</summary>
    readonly record struct Axis(int Offset, int Step, int Count, int Stride);

    Axis Rows(string name, int part = 0)
    {
        var tensor = _layout[name];
        var width = tensor.Count / tensor.Shape[0];
        return new(tensor.Offset + part * _model.Dim * width, width, width, 1);
    }

    Axis Columns(string name)
    {
        var tensor = _layout[name];
        var width = tensor.Shape[^1];
        return new(tensor.Offset, 1, tensor.Count / width, width);
    }

    double[,] Gain(int size, List<Axis> axes)
    {
        var gain = new double[size, size];
        foreach (var axis in axes)
            for (var i = 0; i < size; i++)
                for (var j = 0; j < size; j++)
                {
                    var (a, b) = (axis.Offset + i * axis.Step, axis.Offset + j * axis.Step);
                    var sum = 0.0;
                    for (var k = 0; k < axis.Count; k++) sum += (double)_target[a + k * axis.Stride] * Parameters[b + k * axis.Stride];
                    gain[i, j] += sum;
                }
        return gain;
    }

    void Permute(int[] from, List<Axis> axes)
    {
        foreach (var axis in axes)
        {
            var old = new float[from.Length * axis.Count];
            for (var i = 0; i < from.Length; i++)
                for (var k = 0; k < axis.Count; k++) old[i * axis.Count + k] = Parameters[axis.Offset + i * axis.Step + k * axis.Stride];
            for (var i = 0; i < from.Length; i++)
                for (var k = 0; k < axis.Count; k++) Parameters[axis.Offset + i * axis.Step + k * axis.Stride] = old[from[i] * axis.Count + k];
        }
    }
}
