using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Training;

/// <summary>Where a member begins: its own first values, with its parent's backbone where it has one.</summary>
public static class StartingPoint
{
    /// <param name="parentBackbone">The parent's parameters before its head; null when training starts from nothing.</param>
    public static float[] Of(Architecture model, HeadShape head, Initialization kind, ulong seed, ulong headSeed, ReadOnlyMemory<float>? parentBackbone = null)
    {
        var layout = ParameterLayout.Of(model, head);
        var start = ModelInitializer.Initialize(layout, kind, seed, headSeed);
        if (parentBackbone is not { } backbone) return start;
        if (backbone.Length < layout.BackboneCount) throw new ArgumentException($"The parent has {backbone.Length} parameters; the backbone needs {layout.BackboneCount}.", nameof(parentBackbone));
        backbone.Span[..layout.BackboneCount].CopyTo(start);
        return start;
    }
}
