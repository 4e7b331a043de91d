using System.CommandLine;
using ModelZoo.Learning.External.Slurm;

namespace ModelZoo.Cli.Populations;

/// <summary>What is asked of a cluster for a job, in the words of sbatch.</summary>
static class SlurmOptions
{
    static readonly Option<string?> s_partition = new("--partition") { Description = "Slurm: the partition", HelpName = "NAME" };
    static readonly Option<string?> s_time = new("--time") { Description = "Slurm: wall time of a job, as sbatch writes it", HelpName = "TIME" };
    static readonly Option<int?> s_cpus = new("--cpus") { Description = "Slurm: processors of a job", HelpName = "N" };
    static readonly Option<string?> s_gres = new("--gres") { Description = "Slurm: such as gpu:1", HelpName = "LIST" };
    static readonly Option<string?> s_memory = new("--mem") { Description = "Slurm: memory of a job, such as 8G", HelpName = "SIZE" };
    static readonly Option<string?> s_account = new("--account") { Description = "Slurm: who pays", HelpName = "NAME" };
    static readonly Option<string[]> s_extra = new("--sbatch") { Description = "Slurm: a further option of sbatch, such as --sbatch=--qos=low; may be repeated", HelpName = "OPTION", AllowMultipleArgumentsPerToken = false };

    public static void AddTo(Command command)
    {
        foreach (var option in (Option[])[s_partition, s_time, s_cpus, s_gres, s_memory, s_account, s_extra]) command.Options.Add(option);
    }

    public static SlurmSettings Read(LocalCall call) => new()
    {
        Partition = call.Get(s_partition), Time = call.Get(s_time), Cpus = call.Get(s_cpus) is { } cpus ? cpus is >= 1 and <= 4096 ? cpus : throw new UsageException("--cpus is a number from 1 to 4096.") : null,
        Gres = call.Get(s_gres), Memory = call.Get(s_memory), Account = call.Get(s_account), Extra = call.Get(s_extra) ?? [],
    };
}
