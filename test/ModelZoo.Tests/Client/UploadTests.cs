using System.Security.Cryptography;
using ModelZoo.Client;
using ModelZoo.Git;

namespace ModelZoo.Tests.Client;

public sealed class UploadTests
{
    static readonly RepoId Repo = RepoId.Parse("ada/vit");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_folder_becomes_one_commit_and_parts_the_hub_has_are_not_sent_again(bool answersProbes)
    {
        await using var hub = await StandInHub.StartAsync();
        (hub.LfsChunkBytes, hub.AnswersPartProbes) = (100_000, answersProbes);
        using var folder = new TemporaryFolder();
        var weights = RandomNumberGenerator.GetBytes(350_000);
        File.WriteAllBytes(folder["w.bin"], weights);
        folder.Write("same.txt", "hello\n");
        folder.Write("config.json", "{}");
        hub.Parts[2] = weights[100_000..200_000];
        using var zoo = hub.Open();
        var news = new Collected();

        var outcome = await zoo.UploadFolderAsync(Repo, folder.Path, new() { Summary = "All of it" }, news);

        Assert.Equal((true, 2, 1, 350_000L), (outcome.IsNew, outcome.AddedFiles, outcome.UnchangedFiles, outcome.UploadedBytes));
        Assert.Equal($$$"""
            {"key":"header","value":{"summary":"All of it","description":""}}
            {"key":"file","value":{"path":"config.json","encoding":"base64","content":"e30="}}
            {"key":"lfsFile","value":{"path":"w.bin","algo":"sha256","oid":"{{{Convert.ToHexStringLower(SHA256.HashData(weights))}}}","size":350000}}

            """.ReplaceLineEndings("\n"), hub.CommitBody);
        Assert.Equal(answersProbes, !hub.Log.Contains("PUT /part/2"));
        Assert.Contains("PUT /part/4", hub.Log);
        Assert.DoesNotContain(hub.Log, line => line.StartsWith("PUT", StringComparison.Ordinal) && line.EndsWith("+token", StringComparison.Ordinal));
        Assert.Contains(new TransferProgress(RepoPath.Parse("w.bin"), TransferStage.Uploading, 350_000, 350_000), news.All);
    }

    [Fact]
    public async Task A_kept_part_of_other_content_is_found_out_and_sent_again()
    {
        await using var hub = await StandInHub.StartAsync();
        hub.LfsChunkBytes = 100;
        hub.Parts[1] = new byte[100];
        using var zoo = hub.Open();
        var outcome = await zoo.UploadFileAsync(Repo, RepoPath.Parse("w.bin"), UploadSource.FromBytes(RandomNumberGenerator.GetBytes(250)));
        Assert.True(outcome.IsNew);
        Assert.Contains("PUT /part/1", hub.Log);
    }

    [Fact]
    public async Task Nothing_new_makes_no_commit()
    {
        await using var hub = await StandInHub.StartAsync();
        using var zoo = hub.Open();
        var outcome = await zoo.UploadFileAsync(Repo, RepoPath.Parse("same.txt"), UploadSource.FromText("hello\n"));
        Assert.Equal((false, StandInHub.Commit, 1), (outcome.IsNew, outcome.CommitId, outcome.UnchangedFiles));
        Assert.Null(hub.CommitBody);
    }

    sealed class Collected : IProgress<TransferProgress>
    {
        readonly Lock _gate = new();
        readonly List<TransferProgress> _all = [];

        public IReadOnlyList<TransferProgress> All { get { lock (_gate) return [.. _all]; } }

        public void Report(TransferProgress value) { lock (_gate) _all.Add(value); }
    }
}
