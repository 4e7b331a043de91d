using ModelZoo.Learning.Models;

namespace ModelZoo.Tests.Learning;

/// <summary>
/// The vision transformer once more, in double precision and with plain loops, one sample at a time: forward, loss and gradients. Written from the
/// description, not from the kernels it judges.
/// </summary>
sealed class ReferenceVit(Architecture model, HeadShape head)
{
    const double Epsilon = 1e-6;

    readonly ParameterLayout _layout = ParameterLayout.Of(model, head);

    public ParameterLayout Layout => _layout;

    /// <summary>Mean loss of a batch; adds its gradient. Targets are [samples, classes].</summary>
    public double Run(double[] theta, float[] images, double[] targets, int samples, double[]? gradient)
    {
        var loss = 0.0;
        for (var s = 0; s < samples; s++)
        {
            var tape = Forward(theta, images.AsSpan(s * model.Pixels, model.Pixels).ToArray());
            var logits = tape.Logits;
            var top = logits.Max();
            var sum = logits.Sum(z => Math.Exp(z - top));
            var d = new double[logits.Length];
            for (var c = 0; c < logits.Length; c++)
            {
                var t = targets[s * logits.Length + c];
                loss -= t * (logits[c] - top - Math.Log(sum)) / samples;
                d[c] = (Math.Exp(logits[c] - top) / sum - t) / samples;
            }
            if (gradient is not null) Backward(theta, tape, d, gradient);
        }
        return loss;
    }

    public double[] Logits(double[] theta, float[] image) => Forward(theta, image).Logits;

    sealed class Tape
    {
        public double[] Patches = [], Logits = [], Feature = [], HeadHidden = [], Last = [];
        public List<double[]> H = [], Y1 = [], Qkv = [], P = [], Attended = [], Middle = [], Y2 = [], Pre = [];
    }

    Tape Forward(double[] w, float[] image)
    {
        var (D, T, side, patch) = (model.Dim, model.Tokens, model.Image, model.Patch);
        var tape = new Tape { Patches = new double[(T - 1) * model.PatchPixels] };
        var across = side / patch;
        for (var p = 0; p < T - 1; p++)
        for (var c = 0; c < model.Channels; c++)
        for (var i = 0; i < patch; i++)
        for (var j = 0; j < patch; j++)
            tape.Patches[p * model.PatchPixels + (c * patch + i) * patch + j] = image[(c * side + p / across * patch + i) * side + p % across * patch + j];
        var h = new double[T * D];
        var embedded = Linear(w, "patch_embed.proj", tape.Patches, T - 1);
        for (var t = 0; t < T; t++)
        for (var k = 0; k < D; k++)
            h[t * D + k] = w[At("pos_embed") + t * D + k] + (t == 0 ? w[At("cls_token") + k] : embedded[(t - 1) * D + k]);
        for (var b = 0; b < model.Depth; b++)
        {
            tape.H.Add([.. h]);
            var y1 = Norm(w, $"blocks.{b}.norm1", h, T);
            var qkv = Linear(w, $"blocks.{b}.attn.qkv", y1, T);
            var (p, attended) = Attend(qkv);
            var projected = Linear(w, $"blocks.{b}.attn.proj", attended, T);
            for (var i = 0; i < h.Length; i++) h[i] += projected[i];
            tape.Middle.Add([.. h]);
            var y2 = Norm(w, $"blocks.{b}.norm2", h, T);
            var pre = Linear(w, $"blocks.{b}.mlp.fc1", y2, T);
            var down = Linear(w, $"blocks.{b}.mlp.fc2", [.. pre.Select(x => Activate(x).Value)], T);
            for (var i = 0; i < h.Length; i++) h[i] += down[i];
            tape.Y1.Add(y1);
            tape.Qkv.Add(qkv);
            tape.P.Add(p);
            tape.Attended.Add(attended);
            tape.Y2.Add(y2);
            tape.Pre.Add(pre);
        }
        tape.Last = h[..D];
        tape.Feature = Norm(w, "norm", tape.Last, 1);
        if (head.Kind == HeadKind.Linear) tape.Logits = Linear(w, "head", tape.Feature, 1);
        else
        {
            tape.HeadHidden = Linear(w, "head.0", tape.Feature, 1);
            tape.Logits = Linear(w, "head.2", [.. tape.HeadHidden.Select(x => Math.Max(0, x))], 1);
        }
        return tape;
    }

    void Backward(double[] w, Tape tape, double[] dLogits, double[] g)
    {
        var (D, T) = (model.Dim, model.Tokens);
        double[] dFeature;
        if (head.Kind == HeadKind.Linear) dFeature = LinearBack(w, "head", tape.Feature, dLogits, 1, g);
        else
        {
            var dHidden = LinearBack(w, "head.2", [.. tape.HeadHidden.Select(x => Math.Max(0, x))], dLogits, 1, g);
            for (var i = 0; i < dHidden.Length; i++) dHidden[i] *= tape.HeadHidden[i] > 0 ? 1 : 0;
            dFeature = LinearBack(w, "head.0", tape.Feature, dHidden, 1, g);
        }
        var dh = new double[T * D];
        NormBack(w, "norm", tape.Last, dFeature, 1, g).CopyTo(dh, 0);
        for (var b = model.Depth - 1; b >= 0; b--)
        {
            var dHidden = LinearBack(w, $"blocks.{b}.mlp.fc2", [.. tape.Pre[b].Select(x => Activate(x).Value)], dh, T, g);
            for (var i = 0; i < dHidden.Length; i++) dHidden[i] *= Activate(tape.Pre[b][i]).Slope;
            var dy = LinearBack(w, $"blocks.{b}.mlp.fc1", tape.Y2[b], dHidden, T, g);
            Add(dh, NormBack(w, $"blocks.{b}.norm2", tape.Middle[b], dy, T, g));
            var dAttended = LinearBack(w, $"blocks.{b}.attn.proj", tape.Attended[b], dh, T, g);
            dy = LinearBack(w, $"blocks.{b}.attn.qkv", tape.Y1[b], AttendBack(tape.Qkv[b], tape.P[b], dAttended), T, g);
            Add(dh, NormBack(w, $"blocks.{b}.norm1", tape.H[b], dy, T, g));
        }
        for (var i = 0; i < T * D; i++) g[At("pos_embed") + i] += dh[i];
        for (var k = 0; k < D; k++) g[At("cls_token") + k] += dh[k];
        LinearBack(w, "patch_embed.proj", tape.Patches, dh[D..], T - 1, g);
    }

    (double[] P, double[] Result) Attend(double[] qkv)
    {
        var (D, T, H) = (model.Dim, model.Tokens, model.Heads);
        var d = D / H;
        var p = new double[H * T * T];
        var result = new double[T * D];
        for (var h = 0; h < H; h++)
        for (var i = 0; i < T; i++)
        {
            var row = new double[T];
            for (var j = 0; j < T; j++)
            {
                for (var k = 0; k < d; k++) row[j] += qkv[i * 3 * D + h * d + k] * qkv[j * 3 * D + D + h * d + k];
                row[j] /= Math.Sqrt(d);
            }
            var top = row.Max();
            var sum = row.Sum(x => Math.Exp(x - top));
            for (var j = 0; j < T; j++)
            {
                var share = p[(h * T + i) * T + j] = Math.Exp(row[j] - top) / sum;
                for (var k = 0; k < d; k++) result[i * D + h * d + k] += share * qkv[j * 3 * D + 2 * D + h * d + k];
            }
        }
        return (p, result);
    }

    double[] AttendBack(double[] qkv, double[] p, double[] dResult)
    {
        var (D, T, H) = (model.Dim, model.Tokens, model.Heads);
        var d = D / H;
        var dQkv = new double[T * 3 * D];
        for (var h = 0; h < H; h++)
        for (var i = 0; i < T; i++)
        {
            var dp = new double[T];
            var along = 0.0;
            for (var j = 0; j < T; j++)
            {
                var share = p[(h * T + i) * T + j];
                for (var k = 0; k < d; k++)
                {
                    dp[j] += dResult[i * D + h * d + k] * qkv[j * 3 * D + 2 * D + h * d + k];
                    dQkv[j * 3 * D + 2 * D + h * d + k] += share * dResult[i * D + h * d + k];
                }
                along += share * dp[j];
            }
            for (var j = 0; j < T; j++)
            {
                var ds = p[(h * T + i) * T + j] * (dp[j] - along) / Math.Sqrt(d);
                for (var k = 0; k < d; k++)
                {
                    dQkv[i * 3 * D + h * d + k] += ds * qkv[j * 3 * D + D + h * d + k];
                    dQkv[j * 3 * D + D + h * d + k] += ds * qkv[i * 3 * D + h * d + k];
                }
            }
        }
        return dQkv;
    }

    double[] Linear(double[] w, string name, double[] x, int rows)
    {
        var weight = _layout[$"{name}.weight"];
        var (n, k) = (weight.Shape[0], weight.Count / weight.Shape[0]);
        var y = new double[rows * n];
        for (var r = 0; r < rows; r++)
        for (var o = 0; o < n; o++)
        {
            var sum = w[At($"{name}.bias") + o];
            for (var i = 0; i < k; i++) sum += x[r * k + i] * w[weight.Offset + o * k + i];
            y[r * n + o] = sum;
        }
        return y;
    }

    double[] LinearBack(double[] w, string name, double[] x, double[] dy, int rows, double[] g)
    {
        var weight = _layout[$"{name}.weight"];
        var (n, k) = (weight.Shape[0], weight.Count / weight.Shape[0]);
        var dx = new double[rows * k];
        for (var r = 0; r < rows; r++)
        for (var o = 0; o < n; o++)
        {
            var d = dy[r * n + o];
            g[At($"{name}.bias") + o] += d;
            for (var i = 0; i < k; i++)
            {
                g[weight.Offset + o * k + i] += d * x[r * k + i];
                dx[r * k + i] += d * w[weight.Offset + o * k + i];
            }
        }
        return dx;
    }

    double[] Norm(double[] w, string name, double[] x, int rows)
    {
        var y = new double[x.Length];
        Normalise(x, rows, (i, k, hat, _) => y[i] = hat * w[At($"{name}.weight") + k] + w[At($"{name}.bias") + k]);
        return y;
    }

    double[] NormBack(double[] w, string name, double[] x, double[] dy, int rows, double[] g)
    {
        var D = x.Length / rows;
        var dx = new double[x.Length];
        var (mean, along) = (new double[rows], new double[rows]);
        Normalise(x, rows, (i, k, hat, _) =>
        {
            g[At($"{name}.weight") + k] += dy[i] * hat;
            g[At($"{name}.bias") + k] += dy[i];
            mean[i / D] += dy[i] * w[At($"{name}.weight") + k] / D;
            along[i / D] += dy[i] * w[At($"{name}.weight") + k] * hat / D;
        });
        Normalise(x, rows, (i, k, hat, inverse) => dx[i] = inverse * (dy[i] * w[At($"{name}.weight") + k] - mean[i / D] - hat * along[i / D]));
        return dx;
    }

    static void Normalise(double[] x, int rows, Action<int, int, double, double> visit)
    {
        var D = x.Length / rows;
        for (var r = 0; r < rows; r++)
        {
            var row = x.AsSpan(r * D, D).ToArray();
            var mean = row.Average();
            var inverse = 1 / Math.Sqrt(row.Sum(v => (v - mean) * (v - mean)) / D + Epsilon);
            for (var k = 0; k < D; k++) visit(r * D + k, k, (row[k] - mean) * inverse, inverse);
        }
    }

    (double Value, double Slope) Activate(double x)
    {
        switch (model.Activation)
        {
            case Activation.Relu: return (Math.Max(0, x), x > 0 ? 1 : 0);
            case Activation.Tanh: return (Math.Tanh(x), 1 - Math.Tanh(x) * Math.Tanh(x));
            default:
                var phi = 0.5 * (1 + Erf(x / Math.Sqrt(2)));
                return (x * phi, phi + x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
        }
    }

    /// <summary>By its series below 3, by the continued fraction of erfc above (Abramowitz and Stegun 7.1.6, 7.1.14).</summary>
    public static double Erf(double x)
    {
        if (x < 0) return -Erf(-x);
        if (x > 3)
        {
            var fraction = 0.0;
            for (var k = 80; k > 0; k--) fraction = k / 2.0 / (x + fraction);
            return 1 - Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (x + fraction);
        }
        double term = x, sum = x;
        for (var n = 1; n < 120; n++) sum += term *= 2 * x * x / (2 * n + 1);
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    static void Add(double[] to, double[] values)
    {
        for (var i = 0; i < to.Length; i++) to[i] += values[i];
    }

    int At(string name) => _offsets.TryGetValue(name, out var at) ? at : _offsets[name] = _layout[name].Offset;

    readonly Dictionary<string, int> _offsets = [];
}
