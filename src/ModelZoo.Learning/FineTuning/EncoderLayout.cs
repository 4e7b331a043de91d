namespace ModelZoo.Learning.FineTuning;

/// <summary>A learned tensor under the name that transformers gives it.</summary>
/// <param name="Offset">Where it begins among all numbers of the network.</param>
/// <param name="Gradient">Where its gradient begins among all gradients; −1: it does not learn.</param>
/// <param name="Decays">Whether weight decay is for it: matrices and tables, not vectors.</param>
public sealed record EncoderTensor(string Name, IReadOnlyList<int> Shape, int Offset, int Gradient, bool Decays)
{
    public int Count { get; } = Shape.Aggregate(1, (product, axis) => checked(product * axis));

    public bool Learns => Gradient >= 0;
}

/// <summary>A low-rank addition to some outputs of a matrix.</summary>
/// <param name="First">The first output that it is for.</param>
/// <param name="Site">Its own place in the random numbers of a sample.</param>
sealed record LowRank(int First, int Outputs, EncoderTensor A, EncoderTensor B, string Module, int Site);

/// <summary>A matrix as the network uses it: queries, keys and values lie side by side and are one.</summary>
/// <param name="Turned">Where it begins, turned around, among all turned matrices.</param>
sealed record EncoderMatrix(EncoderTensor Weight, EncoderTensor? Bias, int Outputs, int Inputs, int Turned)
{
    public List<LowRank> Additions { get; } = [];

    public int Count => Outputs * Inputs;

    public bool Learns => Weight.Learns;
}

/// <summary>All tensors of an encoder with a head of so many outputs, in one vector; which of them learn; and the matrices they make.</summary>
public sealed class EncoderLayout
{
    readonly List<EncoderTensor> _tensors = [];
    readonly Dictionary<string, EncoderTensor> _byName = new(StringComparer.Ordinal);
    readonly Dictionary<string, EncoderMatrix> _matrices = new(StringComparer.Ordinal);
    readonly List<(string Module, EncoderMatrix Matrix, int First, int Outputs)> _modules = [];
    readonly Func<string, bool> _learns;
    int _turned;

    /// <param name="hasPooler">BERT's pooler lies in the checkpoint; where it does not, it is new and learns with the head.</param>
    public EncoderLayout(EncoderShape shape, int outputs, FineTuneSettings settings, bool hasPooler = true)
    {
        (Shape, Outputs) = (shape, outputs);
        if (outputs is < 1 or > 100_000) throw new FineTuneException($"A head of {outputs} outputs is out of range.");
        _learns = name => settings.Method == FineTuneMethod.Full || HeadNames(shape, hasPooler).Any(module => name.StartsWith($"{module}.", StringComparison.Ordinal));
        try
        {
            if (shape.IsText) AddTextEmbeddings();
            else AddImageEmbeddings();
            for (var i = 0; i < shape.Depth; i++) AddBlock(i);
            if (!shape.IsText) AddNorm($"{shape.Prefix}layernorm");
            AddHead();
            BaseCount = Count;
            if (settings is { Method: FineTuneMethod.Lora, Lora: { } lora }) AddLora(lora with { Targets = lora.Targets.Count > 0 ? lora.Targets : LoraSettings.UsualTargets(shape.Family) });
        }
        catch (OverflowException)
        {
            throw new FineTuneException("The model has more parameters than fit one vector (2³¹); it is trained elsewhere.");
        }
    }

    public EncoderShape Shape { get; }

    /// <summary>Of the head.</summary>
    public int Outputs { get; }

    public IReadOnlyList<EncoderTensor> Tensors => _tensors;

    /// <summary>Numbers in all.</summary>
    public int Count { get; private set; }

    /// <summary>Numbers of the model itself, before those of low-rank additions.</summary>
    public int BaseCount { get; }

    /// <summary>Numbers that learn.</summary>
    public int LearningCount { get; private set; }

    internal int TurnedCount => _turned;

    internal IEnumerable<EncoderMatrix> Matrices => _matrices.Values;

    internal IEnumerable<(EncoderMatrix Matrix, LowRank Addition)> Additions => _matrices.Values.SelectMany(matrix => matrix.Additions.Select(addition => (matrix, addition)));

    public EncoderTensor this[string name] => _byName[name];

    internal EncoderTensor? Find(string name) => _byName.GetValueOrDefault(name);

    internal EncoderMatrix Matrix(string name) => _matrices[name];

    /// <summary>Modules of the head, which learn whatever the method is.</summary>
    public static IReadOnlyList<string> HeadNames(EncoderShape shape, bool hasPooler) => shape.Family switch
    {
        EncoderFamily.DistilBert => ["pre_classifier", "classifier"],
        EncoderFamily.Bert when !hasPooler => [$"{shape.Prefix}pooler", "classifier"],
        _ => ["classifier"],
    };

    /// <summary>What the parts of block <paramref name="i"/> are called.</summary>
    internal static BlockNames NamesOf(EncoderShape shape, int i) => shape.Family switch
    {
        EncoderFamily.DistilBert => new($"{shape.Prefix}transformer.layer.{i}", ["attention.q_lin", "attention.k_lin", "attention.v_lin"], "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm"),
        EncoderFamily.Vit => new($"{shape.Prefix}encoder.layer.{i}", ["attention.attention.query", "attention.attention.key", "attention.attention.value"], "attention.output.dense", "layernorm_before", "intermediate.dense", "output.dense", "layernorm_after"),
        _ => new($"{shape.Prefix}encoder.layer.{i}", ["attention.self.query", "attention.self.key", "attention.self.value"], "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm"),
    };

    void AddTextEmbeddings()
    {
        var name = $"{Shape.Prefix}embeddings";
        Add($"{name}.word_embeddings.weight", Shape.Vocabulary, Shape.Width);
        Add($"{name}.position_embeddings.weight", Shape.Positions, Shape.Width);
        if (Shape.Types > 0) Add($"{name}.token_type_embeddings.weight", Shape.Types, Shape.Width);
        AddNorm($"{name}.LayerNorm");
    }

    void AddImageEmbeddings()
    {
        var name = $"{Shape.Prefix}embeddings";
        Add($"{name}.cls_token", 1, 1, Shape.Width);
        Add($"{name}.position_embeddings", 1, Shape.Positions, Shape.Width);
        var weight = Add($"{name}.patch_embeddings.projection.weight", Shape.Width, Shape.Channels, Shape.Patch, Shape.Patch);
        AddMatrix($"{name}.patch_embeddings.projection", weight, Add($"{name}.patch_embeddings.projection.bias", Shape.Width), Shape.Width);
    }

    void AddBlock(int i)
    {
        var names = NamesOf(Shape, i);
        if (!Shape.IsText) AddNorm($"{names.Block}.{names.FirstNorm}");
        var weights = names.Qkv.Select(part => Add($"{names.Block}.{part}.weight", Shape.Width, Shape.Width)).ToArray();
        var biases = Shape.HasQkvBias ? names.Qkv.Select(part => Add($"{names.Block}.{part}.bias", Shape.Width)).ToArray() : [];
        var qkv = AddMatrix($"{names.Block}.qkv", weights[0], biases.FirstOrDefault(), 3 * Shape.Width, isModule: false);
        for (var part = 0; part < 3; part++) _modules.Add(($"{names.Block}.{names.Qkv[part]}", qkv, part * Shape.Width, Shape.Width));
        AddLinear($"{names.Block}.{names.Attended}", Shape.Width, Shape.Width);
        AddNorm($"{names.Block}.{(Shape.IsText ? names.FirstNorm : names.SecondNorm)}");
        AddLinear($"{names.Block}.{names.Inner}", Shape.Width, Shape.Inner);
        AddLinear($"{names.Block}.{names.Outer}", Shape.Inner, Shape.Width);
        if (Shape.IsText) AddNorm($"{names.Block}.{names.SecondNorm}");
    }

    void AddHead()
    {
        switch (Shape.Family)
        {
            case EncoderFamily.Bert: AddLinear($"{Shape.Prefix}pooler.dense", Shape.Width, Shape.Width); break;
            case EncoderFamily.DistilBert: AddLinear("pre_classifier", Shape.Width, Shape.Width); break;
            case EncoderFamily.Roberta:
                AddLinear("classifier.dense", Shape.Width, Shape.Width);
                AddLinear("classifier.out_proj", Shape.Width, Outputs);
                return;
        }
        AddLinear("classifier", Shape.Width, Outputs);
    }

    void AddLora(LoraSettings lora)
    {
        var head = HeadNames(Shape, hasPooler: true);
        var found = _modules.Where(module => lora.Covers(module.Module)).ToList();
        if (found.FirstOrDefault(module => head.Any(part => module.Module == part || module.Module.StartsWith($"{part}.", StringComparison.Ordinal)) && !lora.Targets.Contains(LoraSettings.AllLinear)) is { Module: { } trained })
            throw new FineTuneException($"'{trained}' belongs to the head, which is trained whole; it takes no adapter.");
        found.RemoveAll(module => head.Any(part => module.Module == part || module.Module.StartsWith($"{part}.", StringComparison.Ordinal)) || module.Matrix.Learns);
        foreach (var target in lora.Targets.Where(target => target != LoraSettings.AllLinear && !_modules.Exists(module => module.Module == target || module.Module.EndsWith($".{target}", StringComparison.Ordinal))))
            throw new FineTuneException($"The model has no matrix '{target}'; it has {string.Join(", ", _modules.Select(module => module.Module[(module.Module.LastIndexOf('.') + 1)..]).Distinct())}.");
        var site = 0;
        foreach (var (module, matrix, first, outputs) in found)
        {
            if (lora.Rank > Math.Min(outputs, matrix.Inputs)) throw new FineTuneException($"A rank of {lora.Rank} is larger than '{module}' of [{outputs}, {matrix.Inputs}] can have.");
            matrix.Additions.Add(new(first, outputs, Add($"{module}.lora_A.weight", true, lora.Rank, matrix.Inputs), Add($"{module}.lora_B.weight", true, outputs, lora.Rank), module, site++));
        }
        if (site == 0) throw new FineTuneException("No matrix of the model is a target of the adapter.");
    }

    void AddNorm(string name)
    {
        Add($"{name}.weight", Shape.Width);
        Add($"{name}.bias", Shape.Width);
    }

    void AddLinear(string name, int inputs, int outputs) => AddMatrix(name, Add($"{name}.weight", outputs, inputs), Add($"{name}.bias", outputs), outputs);

    EncoderMatrix AddMatrix(string name, EncoderTensor weight, EncoderTensor? bias, int outputs, bool isModule = true)
    {
        var matrix = new EncoderMatrix(weight, bias, outputs, weight.Count / weight.Shape[0], _turned);
        _turned = checked(_turned + matrix.Count);
        _matrices.Add(name, matrix);
        // The patches of a picture go through a convolution, which adapters here leave alone.
        if (isModule && weight.Shape.Count == 2) _modules.Add((name, matrix, 0, outputs));
        return matrix;
    }

    EncoderTensor Add(string name, params int[] shape) => Add(name, _learns(name), shape);

    EncoderTensor Add(string name, bool learns, params int[] shape)
    {
        var tensor = new EncoderTensor(name, shape, Count, learns ? LearningCount : -1, shape.Length > 1);
        Count = checked(Count + tensor.Count);
        if (learns) LearningCount = checked(LearningCount + tensor.Count);
        _tensors.Add(tensor);
        _byName.Add(name, tensor);
        return tensor;
    }
}

/// <summary>Names of the parts of a block, behind the block's own.</summary>
sealed record BlockNames(string Block, string[] Qkv, string Attended, string FirstNorm, string Inner, string Outer, string SecondNorm);
