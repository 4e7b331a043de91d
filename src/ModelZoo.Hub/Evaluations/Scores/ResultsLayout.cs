using ModelZoo.Git;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>
/// Where a repository keeps what was measured of it: <c>.eval_results/NAME.yaml</c> lists the scores, <c>evidence/NAME.json</c> beside it holds
/// the records behind them, <c>samples/NAME.jsonl</c> (or <c>.jsonl.gz</c>) one line for each sample.
/// </summary>
static class ResultsLayout
{
    public const string Folder = ".eval_results";

    public static readonly RepoPath FolderPath = RepoPath.Parse(Folder);

    public const string EvidenceFolder = Folder + "/evidence";

    public const string SamplesFolder = Folder + "/samples";

    public const string Readme = "README.md";

    public static string Evidence(string stem) => $"{EvidenceFolder}/{stem}.json";

    public static bool IsResultsFile(string path) => path.StartsWith(Folder + "/", StringComparison.Ordinal) && path.IndexOf('/', Folder.Length + 1) < 0
        && (path.EndsWith(".yaml", StringComparison.Ordinal) || path.EndsWith(".yml", StringComparison.Ordinal));

    /// <summary>The file's name without folder and ending.</summary>
    public static string Stem(string path) => Path.GetFileNameWithoutExtension(path);
}
