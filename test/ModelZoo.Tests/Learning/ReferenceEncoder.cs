using ModelZoo.Learning.FineTuning;

namespace ModelZoo.Tests.Learning;

/// <summary>
/// BERT, DistilBERT, RoBERTa and ViT with a head of classes, forward only, in double precision with plain loops over named tensors, padded and masked as
/// transformers does it. Written from the models' descriptions, not from the kernels it judges.
/// </summary>
sealed class ReferenceEncoder(EncoderLayout layout, LoraSettings? lora)
{
    readonly EncoderShape _shape = layout.Shape;

    /// <summary>Mean cross-entropy, or mean squared error where there is one output.</summary>
    public double Loss(double[] w, IReadOnlyList<double[]> logits, IReadOnlyList<int> labels, IReadOnlyList<float>? values, double smooth)
    {
        var loss = 0.0;
        for (var s = 0; s < logits.Count; s++)
        {
            var z = logits[s];
            if (values is not null)
            {
                loss += Math.Pow(z[0] - values[s], 2);
                continue;
            }
            var log = Math.Log(z.Sum(Math.Exp));
            for (var c = 0; c < z.Length; c++) loss += ((c == labels[s] ? 1 - smooth : 0) + smooth / z.Length) * (log - z[c]);
        }
        return loss / logits.Count;
    }

    public double[] Text(double[] w, int[] ids, int[] types, int padTo)
    {
        var (n, d, name) = (Math.Max(ids.Length, padTo), _shape.Width, $"{_shape.Prefix}embeddings");
        var x = new double[n][];
        for (var t = 0; t < n; t++)
        {
            x[t] = new double[d];
            var (id, type) = t < ids.Length ? (ids[t], types[t]) : (0, 0);
            for (var k = 0; k < d; k++)
            {
                x[t][k] = w[layout[$"{name}.word_embeddings.weight"].Offset + id * d + k] + w[layout[$"{name}.position_embeddings.weight"].Offset + (t < ids.Length ? _shape.FirstPosition + t : 0) * d + k];
                if (_shape.Types > 0) x[t][k] += w[layout[$"{name}.token_type_embeddings.weight"].Offset + type * d + k];
            }
        }
        x = [.. x.Select(row => Norm(w, $"{name}.LayerNorm", row))];
        for (var i = 0; i < _shape.Depth; i++)
        {
            var names = EncoderLayout.NamesOf(_shape, i);
            var attended = Attend(w, names, x, ids.Length);
            x = [.. x.Select((row, t) => Norm(w, $"{names.Block}.{names.FirstNorm}", Sum(row, Dense(w, $"{names.Block}.{names.Attended}", attended[t], d))))];
            x = [.. x.Select(row => Norm(w, $"{names.Block}.{names.SecondNorm}", Sum(row, Dense(w, $"{names.Block}.{names.Outer}", Curve(Dense(w, $"{names.Block}.{names.Inner}", row, _shape.Inner)), d))))];
        }
        return _shape.Family switch
        {
            EncoderFamily.Bert => Dense(w, "classifier", [.. Dense(w, $"{_shape.Prefix}pooler.dense", x[0], d).Select(Math.Tanh)], layout.Outputs),
            EncoderFamily.DistilBert => Dense(w, "classifier", [.. Dense(w, "pre_classifier", x[0], d).Select(v => Math.Max(0, v))], layout.Outputs),
            _ => Dense(w, "classifier.out_proj", [.. Dense(w, "classifier.dense", x[0], d).Select(Math.Tanh)], layout.Outputs),
        };
    }

    public double[] Picture(double[] w, float[] image)
    {
        var (d, side, patch) = (_shape.Width, _shape.Image, _shape.Patch);
        var across = side / patch;
        var x = new double[_shape.Positions][];
        for (var t = 0; t < x.Length; t++)
        {
            x[t] = new double[d];
            for (var k = 0; k < d; k++)
            {
                x[t][k] = w[layout["vit.embeddings.position_embeddings"].Offset + t * d + k];
                if (t == 0) x[t][k] += w[layout["vit.embeddings.cls_token"].Offset + k];
                else
                {
                    x[t][k] += w[layout["vit.embeddings.patch_embeddings.projection.bias"].Offset + k];
                    for (var c = 0; c < _shape.Channels; c++)
                    for (var i = 0; i < patch; i++)
                    for (var j = 0; j < patch; j++)
                        x[t][k] += w[layout["vit.embeddings.patch_embeddings.projection.weight"].Offset + ((k * _shape.Channels + c) * patch + i) * patch + j]
                            * image[(c * side + (t - 1) / across * patch + i) * side + (t - 1) % across * patch + j];
                }
            }
        }
        for (var b = 0; b < _shape.Depth; b++)
        {
            var names = EncoderLayout.NamesOf(_shape, b);
            var attended = Attend(w, names, [.. x.Select(row => Norm(w, $"{names.Block}.{names.FirstNorm}", row))], x.Length);
            x = [.. x.Select((row, t) => Sum(row, Dense(w, $"{names.Block}.{names.Attended}", attended[t], d)))];
            x = [.. x.Select(row => Sum(row, Dense(w, $"{names.Block}.{names.Outer}", Curve(Dense(w, $"{names.Block}.{names.Inner}", Norm(w, $"{names.Block}.{names.SecondNorm}", row), _shape.Inner)), d)))];
        }
        return Dense(w, "classifier", Norm(w, "vit.layernorm", x[0]), layout.Outputs);
    }

    double[][] Attend(double[] w, BlockNames names, double[][] x, int seen)
    {
        var (n, d, heads, width) = (x.Length, _shape.Width, _shape.Heads, _shape.HeadWidth);
        var parts = names.Qkv.Select(part => x.Select(row => Dense(w, $"{names.Block}.{part}", row, d)).ToArray()).ToArray();
        var result = x.Select(_ => new double[d]).ToArray();
        for (var h = 0; h < heads; h++)
        for (var t = 0; t < n; t++)
        {
            var scores = new double[n];
            for (var u = 0; u < n; u++)
            {
                for (var k = 0; k < width; k++) scores[u] += parts[0][t][h * width + k] * parts[1][u][h * width + k];
                // The mask of transformers: the most negative float32 in place of what is not to be seen.
                scores[u] = u < seen ? scores[u] / Math.Sqrt(width) : float.MinValue;
            }
            var top = scores.Max();
            var sum = scores.Sum(score => Math.Exp(score - top));
            for (var u = 0; u < n; u++)
            for (var k = 0; k < width; k++) result[t][h * width + k] += Math.Exp(scores[u] - top) / sum * parts[2][u][h * width + k];
        }
        return result;
    }

    double[] Dense(double[] w, string name, double[] x, int outputs)
    {
        var (weight, bias) = (layout[$"{name}.weight"].Offset, layout.Tensors.FirstOrDefault(tensor => tensor.Name == $"{name}.bias")?.Offset);
        var y = new double[outputs];
        for (var o = 0; o < outputs; o++)
        {
            y[o] = bias is { } at ? w[at + o] : 0;
            for (var i = 0; i < x.Length; i++) y[o] += w[weight + o * x.Length + i] * x[i];
        }
        if (layout.Tensors.FirstOrDefault(tensor => tensor.Name == $"{name}.lora_A.weight") is not { } a) return y;
        var b = layout[$"{name}.lora_B.weight"];
        for (var k = 0; k < a.Shape[0]; k++)
        {
            var low = 0.0;
            for (var i = 0; i < x.Length; i++) low += w[a.Offset + k * x.Length + i] * x[i];
            for (var o = 0; o < outputs; o++) y[o] += lora!.Alpha / lora.Rank * w[b.Offset + o * a.Shape[0] + k] * low;
        }
        return y;
    }

    double[] Norm(double[] w, string name, double[] x)
    {
        var mean = x.Average();
        var scale = 1 / Math.Sqrt(x.Average(v => (v - mean) * (v - mean)) + _shape.Epsilon);
        return [.. x.Select((v, i) => (v - mean) * scale * w[layout[$"{name}.weight"].Offset + i] + w[layout[$"{name}.bias"].Offset + i])];
    }

    double[] Curve(double[] x) => [.. x.Select(v => _shape.Activation switch
    {
        EncoderActivation.Gelu => 0.5 * v * (1 + Erf(v / Math.Sqrt(2))),
        EncoderActivation.GeluTanh => 0.5 * v * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v))),
        EncoderActivation.Relu => Math.Max(0, v),
        _ => v / (1 + Math.Exp(-v)),
    })];

    /// <summary>Its Taylor series, which is exact to double precision for the small numbers of the tests.</summary>
    static double Erf(double x)
    {
        double term = x, sum = x;
        for (var n = 1; n < 200 && Math.Abs(term) > 1e-20; n++)
        {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
