namespace ModelZoo.Hub.Tests;

/// <summary>For tests in which a client must keep a pace: busy neighbours in the same process would make it look stalled.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
