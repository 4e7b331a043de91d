using System.Diagnostics;
using System.Globalization;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Learning.External.Slurm;

/// <summary>A task of an array in the queue.</summary>
/// <param name="Id"><c>job_index</c>.</param>
/// <param name="State">PENDING, RUNNING and so on.</param>
sealed record QueuedTask(string Id, string Name, string State, string Reason);

/// <summary>The cluster as its own commands show it. Works where no accounting is kept: then sacct has nothing to say.</summary>
sealed class SlurmCluster
{
    /// <summary>A controller that restarts is silent for a while.</summary>
    static readonly TimeSpan s_silence = TimeSpan.FromMinutes(10);

    readonly Stopwatch _silent = new();
    bool _hasAnswered;

    /// <returns>The array's job id.</returns>
    /// <exception cref="PopulationException">The cluster does not take it; its words are in the message.</exception>
    public static async Task<string> SubmitAsync(IEnumerable<string> options, string script, CancellationToken stop)
    {
        var (code, output, errors) = await RunAsync("sbatch", ["--parsable", .. options, script], stop);
        var id = new string([.. output.Trim().TakeWhile(char.IsAsciiDigit)]);
        return code == 0 && id.Length > 0 ? id : throw new PopulationException($"sbatch did not take the job: {errors.Trim()} {output.Trim()}".Trim());
    }

    /// <summary>Our tasks that wait or run, by name of the array; null while the controller does not answer.</summary>
    public async Task<IReadOnlyDictionary<string, QueuedTask>?> FindQueueAsync(string namePrefix, CancellationToken stop)
    {
        var (code, output, errors) = await RunAsync("squeue", ["--me", "--array", "--noheader", "--format=%F_%K|%j|%T|%r"], stop);
        if (code != 0)
        {
            if (!_hasAnswered) throw new PopulationException($"The cluster does not answer: {errors.Trim()}");
            _silent.Start();
            return _silent.Elapsed < s_silence ? null : throw new PopulationException($"The cluster has not answered for {s_silence.TotalMinutes:0} minutes: {errors.Trim()} The jobs may go on; --resume collects them.");
        }
        _silent.Reset();
        _hasAnswered = true;
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => line.Split('|')).Where(parts => parts.Length == 4 && parts[1].StartsWith(namePrefix, StringComparison.Ordinal))
            .Select(parts => new QueuedTask(parts[0], parts[1], parts[2], parts[3])).GroupBy(task => task.Id).ToDictionary(group => group.Key, group => group.Last(), StringComparer.Ordinal);
    }

    /// <summary>How a task ended, while the controller or the accounting remembers: TIMEOUT, OUT_OF_MEMORY, NODE_FAIL, CANCELLED, FAILED; null when nobody does.</summary>
    public static async Task<string?> FindEndAsync(string id, CancellationToken stop)
    {
        var (code, output, _) = await RunAsync("scontrol", ["show", "job", "--oneliner", id], stop);
        if (code == 0 && output.Split(' ').FirstOrDefault(word => word.StartsWith("JobState=", StringComparison.Ordinal)) is { } word) return word["JobState=".Length..];
        (code, output, _) = await RunAsync("sacct", ["--noheader", "--parsable2", "--allocations", $"--jobs={id}", "--format=State"], stop);
        var state = output.Split('\n')[0].Trim();
        return code == 0 && state.Length > 0 ? state.Split(' ')[0] : null;
    }

    public static Task CancelAsync(IReadOnlyCollection<string> ids, CancellationToken stop) => ids.Count == 0 ? Task.CompletedTask : RunAsync("scancel", ids, stop);

    static async Task<(int Code, string Output, string Errors)> RunAsync(string program, IEnumerable<string> arguments, CancellationToken stop)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        // Options that a user's shell sets for sbatch would change what is asked for, and tables would come out in another form.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("SBATCH_", StringComparison.Ordinal) || name is "SQUEUE_FORMAT" or "SQUEUE_STATES").ToList()) start.Environment.Remove(name);
        start.Environment["LC_ALL"] = "C";
        try
        {
            using var process = Process.Start(start)!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
            await process.WaitForExitAsync(stop);
            return (process.ExitCode, await output, await errors);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return program is "sbatch" or "squeue" ? throw new PopulationException(string.Create(CultureInfo.InvariantCulture, $"There is no '{program}' here: --slurm is for machines from which jobs are submitted to a Slurm cluster.")) : (127, "", $"no {program}");
        }
    }
}
