namespace ModelZoo.Learning.Models;

public enum Family { Vit, Mlp, Cnn }

public enum Activation { Gelu, Relu, Tanh, Sigmoid }

public enum HeadKind { Linear, Mlp }

/// <summary>
/// First values of weights. <c>Uniform</c> is U[0, 1) and <c>Normal</c> N(0, 1), whatever a layer's width: what PyTorch's nn.init.uniform_ and normal_ do when they
/// are told nothing, and so what members of the published zoos began with (Schürholt et al. 2022, arXiv:2209.14764). Many such members never learn.
/// </summary>
public enum Initialization { XavierUniform, KaimingUniform, KaimingNormal, Uniform, Normal }

/// <summary>What maps features to classes.</summary>
/// <param name="Hidden">Width of the hidden layer of an MLP head; 0 for a linear one.</param>
public sealed record HeadShape(HeadKind Kind, int Hidden, int Out);

/// <summary>A model without its head: family and dimensions.</summary>
public sealed record Architecture
{
    public required Family Family { get; init; }

    /// <summary>Side of the square image in pixels.</summary>
    public required int Image { get; init; }

    public int Channels { get; init; } = 1;

    public int Patch { get; init; } = 2;

    /// <summary>Width of the residual stream.</summary>
    public int Dim { get; init; }

    public int Depth { get; init; }

    public int Heads { get; init; }

    /// <summary>Width of the hidden layer in each block.</summary>
    public int Mlp { get; init; }

    /// <summary>Widths of the hidden layers (MLP) or channels of the convolutions (CNN).</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [];

    /// <summary>Side of the convolutions' kernels.</summary>
    public int Kernel { get; init; } = 3;

    public Activation Activation { get; init; } = Activation.Gelu;

    public int Pixels => Image * Image * Channels;

    /// <summary>Patches and the class token.</summary>
    public int Tokens => Image / Patch * (Image / Patch) + 1;

    public int PatchPixels => Patch * Patch * Channels;

    /// <summary>What the head reads.</summary>
    public int Features => Family == Family.Vit ? Dim : Hidden.Count > 0 ? Hidden[^1] : Pixels;

    /// <summary>Side of the picture after each convolution's pooling: halved while it is even.</summary>
    public int SideAfter(int convolutions)
    {
        var side = Image;
        for (var i = 0; i < convolutions && side % 2 == 0; i++) side /= 2;
        return side;
    }

    /// <summary>Floating-point operations of one image's forward pass, matrix products and convolutions only, two for a multiply and add.</summary>
    public double ForwardFlop(HeadShape head)
    {
        var headFlop = head.Kind == HeadKind.Linear ? 2.0 * Features * head.Out : 2.0 * head.Hidden * (Features + head.Out);
        if (Family == Family.Mlp)
        {
            double flop = headFlop;
            for (var (i, from) = (0, Pixels); i < Hidden.Count; from = Hidden[i++]) flop += 2.0 * from * Hidden[i];
            return flop;
        }
        if (Family == Family.Cnn)
        {
            double flop = headFlop;
            for (var (i, from) = (0, Channels); i < Hidden.Count; from = Hidden[i++])
                flop += 2.0 * SideAfter(i) * SideAfter(i) * from * Kernel * Kernel * Hidden[i];
            return flop;
        }
        var block = 2.0 * Tokens * Dim * (4.0 * Dim + 2.0 * Mlp) + 4.0 * Tokens * Tokens * Dim;
        return 2.0 * (Tokens - 1) * PatchPixels * Dim + Depth * block + headFlop;
    }
}
