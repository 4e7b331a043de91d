using System.Net;
using ModelZoo.Hub.Tests.Uploads;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Tests.Xet;

/// <summary>A hub that sends its clients to the object store.</summary>
public sealed class ElsewhereHub : PostgresHub
{
    private protected override void Adjust(HubOptions options) => options.Storage = options.Storage with { RedirectDownloads = true };
}

public sealed class XetElsewhereTests(ElsewhereHub hub) : IClassFixture<ElsewhereHub>
{
    [Fact]
    public async Task Xorbs_come_from_the_object_store_by_addresses_that_give_only_the_ranges_that_are_needed()
    {
        var sender = new XetSender(hub.Ada, await hub.Ada.CreateAsync());
        var packed = await sender.UploadAsync("w.bin", XetSender.Random(900_000, 1));
        byte[] second = [.. packed.Content[..400_000], .. XetSender.Random(70_000, 3), .. packed.Content[400_000..]];
        var file = await XetTransferTests.SendNewChunksAsync(sender, packed, second);
        await hub.Ada.CommitAsync(sender.Repo, TestActor.Large("w.bin", Lfs.Digest(second), null));

        var plan = await sender.PlanAsync(file.Hash);
        var entries = plan["xorbs"]!.AsObject().SelectMany(xorb => xorb.Value!.AsArray()).ToList();
        Assert.True(entries.Count > 2);
        Assert.All(entries, entry => Assert.StartsWith(hub.Options.Storage.Endpoint!, entry!["url"]!.GetValue<string>()));
        Assert.Equal(entries.Count, entries.Select(entry => entry!["url"]!.GetValue<string>()).Distinct().Count());
        Assert.Equal(second, await XetSender.FetchAsync(plan, second.Length));
        Assert.Equal(second[390_000..480_000], await XetSender.FetchAsync(await sender.PlanAsync(file.Hash, "bytes=390000-479999"), 90_000));

        // The object store itself refuses what was not signed for.
        var url = entries[0]!["url"]!.GetValue<string>();
        var last = entries[0]!["ranges"]![0]!["bytes"]!["end"]!.GetValue<int>();
        foreach (var range in (string?[])[null, "bytes=0-0", $"bytes=0-{last + 1}", "bytes=0-", $"bytes={last}-{last + 100_000}"])
        {
            var request = new HttpRequestMessage(HttpMethod.Get, url);
            if (range is not null) request.Headers.TryAddWithoutValidation("Range", range);
            Assert.Equal((range, HttpStatusCode.Forbidden), (range, (await hub.Nobody.Http.SendAsync(request)).StatusCode));
        }
    }

    [Fact]
    public async Task A_file_that_exists_only_as_chunks_comes_through_the_hub_and_a_whole_one_from_the_store()
    {
        var sender = new XetSender(hub.Ada, await hub.Ada.CreateAsync());
        var packed = await sender.UploadAsync("chunks.bin", XetSender.Random(300_000, 5));
        var whole = XetSender.Random(1_200_000, 6);
        await hub.Ada.CommitLargeAsync(sender.Repo, "whole.bin", whole);
        await hub.SettleAsync();

        Assert.Equal(packed.Content, await hub.Nobody.ReadFileAsync(sender.Repo, "chunks.bin"));
        var sent = await hub.Ada.BatchAsync(sender.Repo, "download", packed.Oid, packed.Content.Length);
        Assert.Equal(packed.Content, await hub.Nobody.Http.GetByteArrayAsync(sent["actions"]!["download"]!["href"]!.GetValue<string>()));
        var elsewhere = await hub.Nobody.ResolveAsync(sender.Repo, "whole.bin");
        Assert.Equal(HttpStatusCode.Redirect, elsewhere.StatusCode);
        Assert.Equal(whole, await hub.Nobody.Http.GetByteArrayAsync(elsewhere.Headers.Location));

        // Its chunks are views, which only the hub can make.
        var plan = await sender.PlanAsync(XetHash.Parse(elsewhere.Headers.GetValues("X-Xet-Hash").Single()));
        Assert.All(plan["xorbs"]!.AsObject().SelectMany(xorb => xorb.Value!.AsArray()), entry => Assert.StartsWith(hub.Url, entry!["url"]!.GetValue<string>()));
        Assert.Equal(whole, await XetSender.FetchAsync(plan, whole.Length));
    }
}
