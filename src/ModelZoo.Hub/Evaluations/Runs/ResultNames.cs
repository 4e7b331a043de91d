namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>
/// Where a run puts what it found, in the layout that scores are read from: <c>.eval_results/OWNER--DATASET.yaml</c> lists the values of all tasks of a
/// benchmark, <c>evidence/OWNER--DATASET--TASK.json</c> holds a task's records, <c>samples/OWNER--DATASET--TASK.jsonl.gz</c> one line for each sample and filter.
/// A record's samples pointer names that file and the SHA-256 of its lines, unpacked.
/// </summary>
sealed record ResultNames(string Owner, string Dataset)
{
    const string Folder = ".eval_results";

    string Stem => $"{Safe(Owner)}--{Safe(Dataset)}";

    public string Scores => $"{Folder}/{Stem}.yaml";

    public string Evidence(string task) => $"{Folder}/evidence/{Stem}--{Safe(task)}.json";

    public string Samples(string task) => $"{Folder}/samples/{Stem}--{Safe(task)}.jsonl.gz";

    /// <summary>As the harness names its files, too.</summary>
    public static string Safe(string name)
    {
        var safe = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
        return safe.Length <= 100 ? safe : $"{safe[..80]}-{Kernel.Secrets.Hash(name)[..16]}";
    }
}
