namespace ModelZoo.Learning.Models;

/// <summary>A learned tensor: its name as timm says it, and its shape.</summary>
/// <param name="Offset">Where it begins in the flat vector of all parameters.</param>
public sealed record ParameterShape(string Name, IReadOnlyList<int> Shape, int Offset)
{
    public int Count { get; } = Shape.Aggregate(1, (product, axis) => checked(product * axis));

    public bool IsHead => Name.StartsWith("head.", StringComparison.Ordinal);
}

/// <summary>All learned tensors of a model, in the order of its state dictionary.</summary>
public sealed class ParameterLayout
{
    readonly List<ParameterShape> _tensors = [];
    readonly Dictionary<string, ParameterShape> _byName = new(StringComparer.Ordinal);

    ParameterLayout() { }

    public IReadOnlyList<ParameterShape> Tensors => _tensors;

    /// <summary>Numbers in all.</summary>
    public int Count { get; private set; }

    /// <summary>Numbers before the head.</summary>
    public int BackboneCount { get; private set; }

    public ParameterShape this[string name] => _byName[name];

    public static ParameterLayout Of(Architecture model, HeadShape head)
    {
        var layout = new ParameterLayout();
        switch (model.Family)
        {
            case Family.Vit: layout.AddVit(model); break;
            case Family.Mlp:
                for (var (i, from) = (0, model.Pixels); i < model.Hidden.Count; from = model.Hidden[i++]) layout.AddLinear($"layers.{i}", from, model.Hidden[i]);
                break;
            default:
                for (var (i, from) = (0, model.Channels); i < model.Hidden.Count; from = model.Hidden[i++])
                {
                    layout.Add($"convs.{i}.weight", model.Hidden[i], from, model.Kernel, model.Kernel);
                    layout.Add($"convs.{i}.bias", model.Hidden[i]);
                }
                break;
        }
        layout.BackboneCount = layout.Count;
        if (head.Kind == HeadKind.Linear) layout.AddLinear("head", model.Features, head.Out);
        else
        {
            layout.AddLinear("head.0", model.Features, head.Hidden);
            layout.AddLinear("head.2", head.Hidden, head.Out);
        }
        return layout;
    }

    void AddVit(Architecture model)
    {
        Add("cls_token", 1, 1, model.Dim);
        Add("pos_embed", 1, model.Tokens, model.Dim);
        Add("patch_embed.proj.weight", model.Dim, model.Channels, model.Patch, model.Patch);
        Add("patch_embed.proj.bias", model.Dim);
        for (var i = 0; i < model.Depth; i++)
        {
            AddNorm($"blocks.{i}.norm1", model.Dim);
            AddLinear($"blocks.{i}.attn.qkv", model.Dim, 3 * model.Dim);
            AddLinear($"blocks.{i}.attn.proj", model.Dim, model.Dim);
            AddNorm($"blocks.{i}.norm2", model.Dim);
            AddLinear($"blocks.{i}.mlp.fc1", model.Dim, model.Mlp);
            AddLinear($"blocks.{i}.mlp.fc2", model.Mlp, model.Dim);
        }
        AddNorm("norm", model.Dim);
    }

    void AddNorm(string name, int width)
    {
        Add($"{name}.weight", width);
        Add($"{name}.bias", width);
    }

    void AddLinear(string name, int from, int to)
    {
        Add($"{name}.weight", to, from);
        Add($"{name}.bias", to);
    }

    void Add(string name, params int[] shape)
    {
        var tensor = new ParameterShape(name, shape, Count);
        Count = checked(Count + tensor.Count);
        _tensors.Add(tensor);
        _byName.Add(name, tensor);
    }
}
