using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ModelZoo.Client;
using ModelZoo.Git;

namespace ModelZoo.Tests.Client;

public sealed class CommitContentTests
{
    [Fact]
    public async Task A_commit_is_written_line_by_line_as_the_protocol_says()
    {
        var body = new CommitContent(new() { Summary = "Add \"it\"", Description = "because", ParentCommit = new string('a', 40) });
        body.DeleteFile(RepoPath.Parse("old.txt"));
        body.DeleteFolder(RepoPath.Parse("gone"));
        body.AddFile(RepoPath.Parse("a/ü.txt"), UploadSource.FromText("hello"));
        body.AddLfsFile(RepoPath.Parse("w.bin"), Digest.Parse(new string('0', 64)), 7);

        var text = Encoding.UTF8.GetString(await body.ReadAsByteArrayAsync());

        Assert.Equal("application/x-ndjson", body.Headers.ContentType!.MediaType);
        Assert.Equal($$$"""
            {"key":"header","value":{"summary":"Add \"it\"","description":"because","parentCommit":"{{{new string('a', 40)}}}"}}
            {"key":"deletedFile","value":{"path":"old.txt"}}
            {"key":"deletedFolder","value":{"path":"gone"}}
            {"key":"file","value":{"path":"a/ü.txt","encoding":"base64","content":"aGVsbG8="}}
            {"key":"lfsFile","value":{"path":"w.bin","algo":"sha256","oid":"{{{new string('0', 64)}}}","size":7}}

            """.ReplaceLineEndings("\n"), text);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(196_608)]
    [InlineData(196_609)]
    [InlineData(1_000_003)]
    public async Task Content_of_any_length_arrives_and_the_length_is_known_beforehand(int sizeBytes)
    {
        var content = RandomNumberGenerator.GetBytes(sizeBytes);
        var body = new CommitContent(new() { Summary = "s" });
        body.AddFile(RepoPath.Parse("x"), UploadSource.FromBytes(content));
        var declared = body.Headers.ContentLength;
        var bytes = await body.ReadAsByteArrayAsync();

        Assert.Equal(bytes.Length, declared);
        using var line = JsonDocument.Parse(Encoding.UTF8.GetString(bytes).Split('\n')[1]);
        Assert.Equal(content, line.RootElement.GetProperty("value").GetProperty("content").GetBytesFromBase64());
    }
}
