using ModelZoo.Client;

namespace ModelZoo.Tests.Client;

public sealed class FolderWalkTests
{
    [Fact]
    public void A_folder_is_walked_without_tool_state_ignored_files_and_partial_downloads()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in (string[])["b.txt", "a/x.log", "a/keep.log", "a/y.txt", "build/out.bin", "sub/build", ".git/config", "a/.cache/blob", "w.bin.zoo-part", "w.bin.zoo-part.json", "Z"])
            folder.Write(name, "1");
        folder.Write(".gitignore", "*.log\nbuild/\n");
        folder.Write("a/.gitignore", "!keep.log\n");
        File.CreateSymbolicLink(folder["link.txt"], folder["b.txt"]);
        Directory.CreateSymbolicLink(folder["loop"], folder.Path);

        var found = FolderWalk.Files(folder.Path, useGitIgnore: true).Select(f => f.Path.Value);

        Assert.Equal([".gitignore", "Z", "a/.gitignore", "a/keep.log", "a/y.txt", "b.txt", "link.txt", "sub/build"], found);
        Assert.Contains("a/x.log", FolderWalk.Files(folder.Path, useGitIgnore: false).Select(f => f.Path.Value));
    }
}
