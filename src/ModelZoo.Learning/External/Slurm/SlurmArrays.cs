using System.Security.Cryptography;
using System.Text;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Learning.External.Slurm;

/// <summary>
/// The files of one array in <c>jobs/</c> of the work folder: the script, and the members' folders, one a line. They are written before the array is
/// submitted and its name leads back to them, so that a submission is found again after a crash at any moment.
/// </summary>
sealed class SlurmArrays(WorkPlace work, string command)
{
    readonly string _folder = Path.Combine(work.Root, "jobs");

    /// <summary>Of all arrays of this work folder.</summary>
    public string NamePrefix { get; } = $"zoo-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(work.Root)))[..8]}-";

    /// <returns>The array's name, its script, and the pattern of files for what the cluster itself says.</returns>
    public async Task<(string Name, string Script, string Log)> WriteAsync(IReadOnlyList<string> members, CancellationToken stop)
    {
        Directory.CreateDirectory(_folder);
        var number = Directory.GetFiles(_folder, "*.list").Length + 1;
        var (list, script) = (Path.Combine(_folder, $"{number}.list"), Path.Combine(_folder, $"{number}.sh"));
        await new FolderPlace(_folder).WriteAsync(
        [
            new($"{number}.sh", Encoding.UTF8.GetBytes(Script(list))), new($"{number}.list", Encoding.UTF8.GetBytes(string.Concat(members.Select(member => member + "\n")))),
        ], stop);
        return ($"{NamePrefix}{number}", script, $"{_folder.Replace("%", "%%", StringComparison.Ordinal)}/{number}-%a.log");
    }

    /// <summary>The member of a task; null when the name is none of ours.</summary>
    public string? FindMember(QueuedTask task)
    {
        if (!int.TryParse(task.Name.AsSpan(NamePrefix.Length), out var number) || !int.TryParse(task.Id.AsSpan(task.Id.IndexOf('_', StringComparison.Ordinal) + 1), out var index)) return null;
        var list = Path.Combine(_folder, $"{number}.list");
        return File.Exists(list) ? File.ReadLines(list).ElementAtOrDefault(index) : null;
    }

    /// <summary>What the cluster wrote about a task, such as that its memory or its time ran out.</summary>
    public string FindLog(string name, int index)
    {
        var file = new FileInfo(Path.Combine(_folder, $"{name[NamePrefix.Length..]}-{index}.log"));
        return file is { Exists: true, Length: > 0 and < 1 << 20 } ? File.ReadAllText(file.FullName) : "";
    }

    /// <summary>The members' ids are ours; where the work lies is quoted; the command is the user's line of shell.</summary>
    string Script(string list) => $"""
        #!/bin/sh
        # One task is one member: see docs/trainers.md.
        member=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" {Quote(list)})
        set -- {Quote(Path.Combine(work.Root, "members"))}/"$member"
        cd "$1" || exit 1
        export ZOO_MEMBER="$member" ZOO_MEMBER_FOLDER="$1"
        rm -f {WorkLayout.Exit}
        ( {TrainerProcess.ShellLine(command)} ) >>{WorkLayout.Output} 2>>{WorkLayout.Errors}
        code=$?
        echo "$code" >{WorkLayout.Exit}.part && mv {WorkLayout.Exit}.part {WorkLayout.Exit}
        exit "$code"

        """;

    static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
