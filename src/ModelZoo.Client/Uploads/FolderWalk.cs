using ModelZoo.Git;

namespace ModelZoo.Client;

/// <summary>Finds the files of a folder that an upload should hold, in a stable order.</summary>
static class FolderWalk
{
    /// <summary>Folders that hold a tool's state, never content.</summary>
    static readonly string[] Skipped = [".git", ".cache"];

    public static IEnumerable<(RepoPath Path, string FullPath)> Files(string root, bool useGitIgnore) =>
        Directory.Exists(root) ? Walk(root, [], [], useGitIgnore) : throw new DirectoryNotFoundException($"There is no folder '{root}'.");

    static IEnumerable<(RepoPath, string)> Walk(string folder, string[] path, (int Depth, GitIgnore Rules)[] ignores, bool useGitIgnore)
    {
        var ignoreFile = Path.Combine(folder, ".gitignore");
        if (useGitIgnore && File.Exists(ignoreFile)) ignores = [.. ignores, (path.Length, GitIgnore.Parse(File.ReadAllText(ignoreFile)))];
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            string[] inside = [.. path, entry.Name];
            if (entry is DirectoryInfo)
            {
                // A link to a folder may lead out of the tree or round in a circle; a link to a file is its content.
                if (Skipped.Contains(entry.Name) || entry.LinkTarget is not null || IsIgnored(ignores, inside, isFolder: true)) continue;
                foreach (var file in Walk(entry.FullName, inside, ignores, useGitIgnore)) yield return file;
            }
            else if (!IsIgnored(ignores, inside, isFolder: false) && !IsPartialDownload(entry.Name))
            {
                yield return (RepoPath.Parse(string.Join('/', inside)), entry.FullName);
            }
        }
    }

    static bool IsPartialDownload(string name) =>
        name.EndsWith(FileDownload.PartSuffix, StringComparison.Ordinal) || name.EndsWith(FileDownload.PartSuffix + ".json", StringComparison.Ordinal);

    /// <summary>The file nearest to the entry has the last word.</summary>
    static bool IsIgnored((int Depth, GitIgnore Rules)[] ignores, string[] path, bool isFolder)
    {
        for (var i = ignores.Length - 1; i >= 0; i--)
            if (ignores[i].Rules.FindVerdict(RepoPath.Parse(string.Join('/', path[ignores[i].Depth..])), isFolder) is { } decided) return decided;
        return false;
    }
}
