namespace ModelZoo.Learning.Exchange;

/// <summary>A tensor with its numbers, as tokens are made of it.</summary>
public sealed record TokenTensor(string Name, IReadOnlyList<int> Shape, float[] Values);

/// <summary>Where a layer's numbers lie among the tokens.</summary>
/// <param name="Weight">The tensor of rows.</param>
/// <param name="Bias">One more column; null when the layer has none.</param>
public sealed record TokenLayer(string Weight, string? Bias, int Rows, int Columns, int TokensEach);

/// <summary>
/// A model as a sequence of equal pieces, as sequence models of weights read it: each row of each layer, its bias behind it, cut into tokens of one
/// size, the last padded with zeros. Tensors that belong to no weight (class token, positions) become layers of their own.
/// </summary>
/// <param name="Tokens">[tokens, size].</param>
/// <param name="Mask">[tokens, size]: 1 where a real number stands.</param>
/// <param name="Positions">[tokens, 3]: index of the token, of the layer, of the row in the layer.</param>
/// <remarks>The convention of SANE: Schürholt, Mahoney and Borth 2024, arXiv:2406.09997.</remarks>
public sealed record WeightTokens(int Size, IReadOnlyList<TokenLayer> Layers, float[] Tokens, byte[] Mask, int[] Positions)
{
    const string WeightEnding = ".weight";
    const string BiasEnding = ".bias";

    /// <param name="size">Numbers of a token; 0 for the widest row.</param>
    public static WeightTokens Of(IReadOnlyList<TokenTensor> tensors, int size)
    {
        var byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        var plan = new List<(TokenTensor Weight, TokenTensor? Bias)>();
        foreach (var tensor in tensors)
        {
            if (tensor.Name.EndsWith(WeightEnding, StringComparison.Ordinal)) plan.Add((tensor, byName.GetValueOrDefault(tensor.Name[..^WeightEnding.Length] + BiasEnding)));
            else if (!tensor.Name.EndsWith(BiasEnding, StringComparison.Ordinal) || !byName.ContainsKey(tensor.Name[..^BiasEnding.Length] + WeightEnding)) plan.Add((tensor, null));
        }
        if (size == 0) size = plan.Max(each => Columns(each.Weight) + (each.Bias is null ? 0 : 1));
        var layers = plan.Select(each => new TokenLayer(each.Weight.Name, each.Bias?.Name, Rows(each.Weight), Columns(each.Weight) + (each.Bias is null ? 0 : 1), (Columns(each.Weight) + (each.Bias is null ? 0 : 1) + size - 1) / size)).ToList();
        var count = layers.Sum(layer => layer.Rows * layer.TokensEach);
        var result = new WeightTokens(size, layers, new float[count * size], new byte[count * size], new int[count * 3]);
        var token = 0;
        for (var l = 0; l < layers.Count; l++)
            for (var row = 0; row < layers[l].Rows; row++, token += layers[l].TokensEach)
            {
                var to = result.Tokens.AsSpan(token * size);
                var (weight, bias) = plan[l];
                var width = Columns(weight);
                weight.Values.AsSpan(row * width, width).CopyTo(to);
                if (bias is not null) to[width] = bias.Values[row];
                result.Mask.AsSpan(token * size, layers[l].Columns).Fill(1);
                for (var piece = 0; piece < layers[l].TokensEach; piece++) (result.Positions[(token + piece) * 3], result.Positions[(token + piece) * 3 + 1], result.Positions[(token + piece) * 3 + 2]) = (token + piece, l, row);
            }
        return result;
    }

    /// <summary>The numbers of each tensor again, by name.</summary>
    public IReadOnlyDictionary<string, float[]> ToTensors()
    {
        var tensors = new Dictionary<string, float[]>(StringComparer.Ordinal);
        var token = 0;
        foreach (var layer in Layers)
        {
            var width = layer.Columns - (layer.Bias is null ? 0 : 1);
            var weight = tensors[layer.Weight] = new float[layer.Rows * width];
            var bias = layer.Bias is null ? null : tensors[layer.Bias] = new float[layer.Rows];
            for (var row = 0; row < layer.Rows; row++, token += layer.TokensEach)
            {
                Tokens.AsSpan(token * Size, width).CopyTo(weight.AsSpan(row * width));
                if (bias is not null) bias[row] = Tokens[token * Size + width];
            }
        }
        return tensors;
    }

    /// <summary>A vector is a column: each number is a row of its own, so that a norm's weight and bias stand together.</summary>
    static int Rows(TokenTensor tensor) => tensor.Shape.Count == 0 ? 1 : tensor.Shape[0];

    static int Columns(TokenTensor tensor) => tensor.Values.Length / Rows(tensor);
}
