namespace ModelZoo.Learning.External;

/// <summary>Where things lie in the folder that a trainer is given; docs/trainers.md is the contract.</summary>
public static class WorkLayout
{
    /// <summary>Version of the contract.</summary>
    public const int Contract = 1;

    public const string Order = "member.json";
    public const string Metrics = "metrics.jsonl";
    public const string Start = "start.safetensors";
    public const string Parent = "parent.safetensors";

    /// <summary>What a trainer keeps for itself to go on from. We never read it.</summary>
    public const string Resume = "resume";

    /// <summary>The command's exit code, written last by whoever ran it: it outlives a scheduler's memory.</summary>
    public const string Exit = "exit";

    public const string Output = "trainer.out";
    public const string Errors = "trainer.err";

    public static string State(int epoch) => $"epoch-{epoch:D6}.safetensors";
}
