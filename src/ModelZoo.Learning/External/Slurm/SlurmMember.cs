using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.External.Slurm;

/// <summary>One member on its way through a cluster.</summary>
sealed class SlurmMember(Member member)
{
    public Member Member => member;

    public SlurmMember? Parent { get; init; }

    /// <summary>Null while it has not ended.</summary>
    public MemberOutcome? Outcome { get; set; }

    /// <summary>Of the task that trains it; null while none is submitted.</summary>
    public string? Task { get; set; }

    /// <summary>The array's name.</summary>
    public string Array { get; set; } = "";

    /// <summary>Whether its folder was made by this run, so that what the population keeps of it came from elsewhere.</summary>
    public bool IsNew { get; set; }

    public MemberIntake? Intake { get; set; }

    /// <summary>Runs that failed.</summary>
    public int Failures { get; set; }

    /// <summary>When its task was first missing from the queue; null while it is there.</summary>
    public DateTimeOffset? MissingSince { get; set; }

    public int Index => int.Parse(Task!.AsSpan(Task!.IndexOf('_', StringComparison.Ordinal) + 1), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whether it can be submitted: its parent has ended well, or is on its way and the epoch to start from is known.</summary>
    public bool IsReady => Outcome is null && Task is null && (Parent is null || Parent.Outcome is { Status: MemberStatus.Done } || (Parent.Outcome is null && Parent.Task is not null && member.Parent!.Epoch is not null));
}
