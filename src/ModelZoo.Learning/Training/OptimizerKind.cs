namespace ModelZoo.Learning.Training;

/// <summary>
/// How parameters move along their gradients. <c>Adam</c> differs from <c>AdamW</c> in its weight decay alone, which is part of the gradient and so of both
/// moments (coupled), as torch.optim.Adam has it.
/// </summary>
public enum OptimizerKind { AdamW, Sgd, Adam }

/// <summary>What an optimiser is called, and what it keeps.</summary>
public static class OptimizerKinds
{
    /// <summary>As blueprints and cards say it in words.</summary>
    public static string Title(this OptimizerKind kind) => kind switch { OptimizerKind.AdamW => "AdamW", OptimizerKind.Adam => "Adam", _ => "SGD" };

    /// <summary>Keeps means of gradients and of their squares, and so has no use for a momentum that is set.</summary>
    public static bool HasSecondMoments(this OptimizerKind kind) => kind is OptimizerKind.AdamW or OptimizerKind.Adam;

    /// <summary>Numbers kept for each parameter beside the weights.</summary>
    public static int Moments(this OptimizerKind kind, double momentum) => kind.HasSecondMoments() ? 2 : momentum > 0 ? 1 : 0;

    /// <param name="word">A value of <c>train.optimizer</c>.</param>
    internal static OptimizerKind Parse(string word) => word switch { "adam" => OptimizerKind.Adam, "sgd" => OptimizerKind.Sgd, _ => OptimizerKind.AdamW };
}
