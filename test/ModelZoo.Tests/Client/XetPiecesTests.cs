using System.Security.Cryptography;
using System.Text;
using ModelZoo.Client;
using ModelZoo.Git;
using ModelZoo.Tests.Xet;
using ModelZoo.Xet;

namespace ModelZoo.Tests.Client;

public sealed class XetPiecesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(4 << 20)]
    [InlineData(13_000_001)]
    public async Task A_file_is_read_once_into_the_chunks_and_the_digest_that_it_has(int length)
    {
        var content = Made.Random(length, 3);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var chunks = new List<XetChunk>();
        var copy = new MemoryStream();
        await foreach (var batch in ChunkFeed.ReadAsync(UploadSource.FromBytes(content), sha, default))
        {
            using (batch)
            {
                for (var i = 0; i < batch.Count; i++)
                {
                    chunks.Add(batch[i]);
                    copy.Write(batch.ContentOf(i).Span);
                }
            }
        }
        Assert.Equal(content, copy.ToArray());
        Assert.Equal(Made.Lengths(Made.Chunks(content)), chunks);
        Assert.Equal(SHA256.HashData(content), sha.GetHashAndReset());
    }

    [Fact]
    public async Task A_reader_that_leaves_early_leaves_nothing_running()
    {
        await foreach (var batch in ChunkFeed.ReadAsync(UploadSource.FromBytes(Made.Random(20_000_000)), null, default))
        {
            batch.Dispose();
            break;
        }
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var batch in ChunkFeed.ReadAsync(UploadSource.FromBytes(Made.Random(20_000_000)), null, stop.Token))
            {
                batch.Dispose();
                await stop.CancelAsync();
            }
        });
    }

    [Fact]
    public void A_file_is_described_in_runs_with_what_proves_that_its_chunks_are_known()
    {
        Xorb a = XorbTests.Xorb(6, 1), b = XorbTests.Xorb(4, 2);
        var file = new XetFileBuild();
        var (first, second) = (new XorbBuild(a.Hash), new XorbBuild());
        foreach (var (xorb, build, index) in ((Xorb, XorbBuild, int)[])[(a, first, 1), (a, first, 2), (b, second, 0), (b, second, 2), (b, second, 3), (a, first, 4), (a, first, 4)])
            file.Add(xorb.Index.Chunks[index], new(build, index));
        second.Name(b.Hash);
        var described = file.Finish(Digest.FromHash(SHA256.HashData("x"u8)));
        Assert.Equal([new(1, 3), new(0, 1), new(2, 4), new(4, 5), new ChunkRange(4, 5)], described.Terms.Select(term => term.Chunks));
        Assert.Equal([a.Hash, b.Hash, b.Hash, a.Hash, a.Hash], described.Terms.Select(term => term.Xorb));
        Assert.Equal(a.Index.VerificationHashOf(new(1, 3)), described.Verification![0]);
        Assert.Equal(b.Index.ContentLengthOf(new(2, 4)), described.Terms[2].Length);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("x"u8)), described.Sha256.ToString());
    }

    [Fact]
    public void Chunks_are_recognised_in_an_answer_that_conceals_them()
    {
        Xorb a = XorbTests.Xorb(50, 1), b = XorbTests.Xorb(20, 2);
        var now = DateTimeOffset.FromUnixTimeSeconds(1_000_000);
        var answer = new ChunkAnswer(Shard.Parse(Shard.EncodeAnswer([ShardXorb.Of(a.Index), ShardXorb.Of(b.Index)], new(XetHash.FromBytes(Made.Random(32, 9)), 1, 1_000_001))));
        Assert.True(answer.IsValid(now));
        Assert.False(answer.IsValid(now.AddSeconds(1)));
        foreach (var (xorb, index) in ((Xorb, int)[])[(a, 0), (a, 1), (b, 7), (b, 8), (a, 49), (a, 2)])
        {
            var place = answer.Find(xorb.Index.Chunks[index]);
            Assert.Equal((xorb.Hash, index), (place!.Value.Xorb.Hash, place.Value.Index));
        }
        Assert.Null(answer.Find(XorbTests.Xorb(1, 3).Index.Chunks[0]));
        Assert.Null(answer.Find(a.Index.Chunks[3] with { Length = 1 }));
    }

    const string H = "07060504030201000f0e0d0c0b0a090817161514131211101f1e1d1c1b1a1918";

    [Fact]
    public void An_answer_says_what_to_fetch_and_how_to_put_it_together()
    {
        var answer = Parse($$$"""
            {"offset_into_first_range":7,"terms":[{"hash":"{{{H}}}","unpacked_length":263873,"range":{"start":0,"end":4}}],
             "fetch_info":{"{{{H}}}":[{"range":{"start":0,"end":5},"url":"http://x/a?r=0%2D9","url_range":{"start":0,"end":131071}}]},"more":1}
            """);
        Assert.Equal((7, 263873, new ChunkRange(0, 4)), (answer.OffsetIntoFirstTerm, answer.Terms[0].Length, answer.Terms[0].Chunks));
        Assert.Equal((131072L, "http://x/a?r=0%2D9", new ChunkRange(0, 5)), (answer.Fetches[0].Bytes.Length, answer.Fetches[0].Address.OriginalString, answer.Fetches[0].Chunks));
        Assert.Empty(Parse("""{"offset_into_first_range":0,"terms":[],"fetch_info":{}}""").Terms);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"terms":null,"fetch_info":{}}""")]
    [InlineData("""{"terms":[null],"fetch_info":{}}""")]
    [InlineData("""{"offset_into_first_range":1,"terms":[],"fetch_info":{}}""")]
    [InlineData("""{"offset_into_first_range":-1,"terms":[{"hash":"H","unpacked_length":5,"range":{"start":0,"end":1}}],"fetch_info":{}}""")]
    [InlineData("""{"offset_into_first_range":5,"terms":[{"hash":"H","unpacked_length":5,"range":{"start":0,"end":1}}],"fetch_info":{}}""")]
    [InlineData("""{"terms":[{"hash":"H","unpacked_length":5,"range":{"start":1,"end":1}}],"fetch_info":{}}""")]
    [InlineData("""{"terms":[{"hash":"H","unpacked_length":5,"range":{"start":0,"end":9000}}],"fetch_info":{}}""")]
    [InlineData("""{"terms":[{"hash":"H","unpacked_length":500000,"range":{"start":0,"end":1}}],"fetch_info":{}}""")]
    [InlineData("""{"terms":[{"hash":"H","unpacked_length":1e30,"range":{"start":0,"end":1}}],"fetch_info":{}}""")]
    [InlineData("""{"terms":[],"fetch_info":{"H":[null]}}""")]
    [InlineData("""{"terms":[],"fetch_info":{"H":[{"range":{"start":0,"end":1},"url":"file:///etc/passwd","url_range":{"start":0,"end":1}}]}}""")]
    [InlineData("""{"terms":[],"fetch_info":{"H":[{"range":{"start":0,"end":1},"url":"http://x","url_range":{"start":5,"end":1}}]}}""")]
    [InlineData("""{"terms":[],"fetch_info":{"H":[{"range":{"start":0,"end":1},"url":"http://x","url_range":{"start":0,"end":99999999}}]}}""")]
    public void An_answer_that_does_not_hold_together_is_refused(string json) => Assert.Throws<XetFormatException>(() => Parse(json.Replace("\"H\"", $"\"{H}\"")));

    static ReconstructionAnswer Parse(string json) => ReconstructionAnswer.Parse(Encoding.UTF8.GetBytes(json));
}
