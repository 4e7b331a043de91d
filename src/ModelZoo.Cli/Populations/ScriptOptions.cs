using System.CommandLine;
using ModelZoo.Learning.External;

namespace ModelZoo.Cli.Populations;

/// <summary>What scripts are to be run by, wherever they are written.</summary>
static class ScriptOptions
{
    static readonly Option<string> s_host = new("--with") { Description = "For scripts: slurm, kubernetes or none", HelpName = "SCHEDULER", DefaultValueFactory = _ => "none" };
    static readonly Option<string> s_image = new("--image") { Description = "Kubernetes: the image, by version or by digest (NAME@sha256:…)", HelpName = "IMAGE", DefaultValueFactory = _ => TrainerScripts.DefaultImage };
    static readonly Option<int> s_gpus = new("--gpus") { Description = "GPUs of a job", HelpName = "N" };

    /// <param name="claim">`--claim`, with the command's own default.</param>
    public static void AddTo(Command command, Option<string> claim)
    {
        foreach (var option in (Option[])[s_host, s_image, claim, s_gpus]) command.Options.Add(option);
        SlurmOptions.AddTo(command);
    }

    public static Option<string> Claim(string otherwise) => new("--claim") { Description = "Kubernetes: the volume claim that holds the folder", HelpName = "NAME", DefaultValueFactory = _ => otherwise };

    public static ScriptSettings Read(LocalCall call, ScriptKind kind, Option<string> claim, int atOnce = 1)
    {
        var host = call.Get(s_host) switch { "slurm" => ScriptHost.Slurm, "kubernetes" => ScriptHost.Kubernetes, "none" => ScriptHost.None, var other => throw new UsageException($"--with is slurm, kubernetes or none, not '{other}'.") };
        var gpus = call.Get(s_gpus) is >= 0 and <= 64 and var count ? count : throw new UsageException("--gpus is a number from 0 to 64.");
        var slurm = SlurmOptions.Read(call);
        return new(kind, host, gpus > 0 && slurm.Gres is null ? slurm with { Gres = $"gpu:{gpus}" } : slurm, call.Get(s_image)!, call.Get(claim)!, atOnce, gpus);
    }
}
