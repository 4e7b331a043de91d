namespace ModelZoo.Learning.External;

/// <summary>A trainer outside this program did not keep to the contract (docs/trainers.md), or its member cannot be given to it. Concerns one member.</summary>
public sealed class TrainerException(string message, bool isDivergence = false) : Exception(message)
{
    /// <summary>The weights stopped being numbers, which ends a member and is no fault of the trainer.</summary>
    public bool IsDivergence => isDivergence;
}
