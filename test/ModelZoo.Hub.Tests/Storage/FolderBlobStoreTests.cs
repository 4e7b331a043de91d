using System.Diagnostics;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Tests.Storage;

public sealed class FolderBlobStoreTests : BlobStoreContract
{
    static readonly CancellationToken None = CancellationToken.None;

    readonly string _root = Path.Combine(Path.GetTempPath(), $"zoo-blobs-{Guid.NewGuid():n}");

    private protected override Task<IBlobStore> OpenStoreAsync() => Task.FromResult<IBlobStore>(new FolderBlobStore(_root));

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    string Staging => Path.Combine(_root, "staging");

    [Fact]
    public async Task A_blob_lies_read_only_under_its_digest()
    {
        var bytes = Bytes.Random(1000, 1);
        await Store.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None);
        var path = Store.FindLocalFile(bytes.Digest);
        Assert.Equal(Path.Combine(_root, "blobs", bytes.Digest.Hex[..2], bytes.Digest.Hex[2..4], bytes.Digest.Hex), path);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(path!));
        Assert.Null(await Store.SignDownloadAsync(bytes.Digest, null, null, TimeSpan.FromMinutes(1), default));
    }

    [Fact]
    public async Task What_a_crash_left_in_staging_is_swept_and_never_visible()
    {
        var bytes = Bytes.Random(1000, 2);
        await File.WriteAllBytesAsync(Path.Combine(Staging, $"{Guid.NewGuid():n}.write"), bytes.Content);
        Directory.CreateDirectory(Path.Combine(Staging, $"{Guid.NewGuid():n}.parts"));
        Assert.Null(await Store.FindSizeAsync(bytes.Digest, None));
        Assert.Equal(0, await Store.SweepStagedAsync(DateTimeOffset.UtcNow.AddHours(-1), None));
        Assert.Equal(2, await Store.SweepStagedAsync(DateTimeOffset.UtcNow.AddHours(1), None));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Staging));
    }

    [Fact]
    public async Task A_restarted_store_goes_on_with_an_upload()
    {
        var bytes = Bytes.Random((6 << 20) + 3, 3);
        var upload = new PartsUpload(await Store.BeginPartsAsync(bytes.Digest, bytes.Size, 5 << 20, None), bytes.Digest, bytes.Size, 5 << 20);
        await Store.WritePartAsync(upload, 1, bytes.Part(1, 5 << 20).Send(), None);

        var restarted = new FolderBlobStore(_root);
        Assert.Equal([1], (await restarted.ListPartsAsync(upload, None)).Keys);
        await restarted.WritePartAsync(upload, 2, bytes.Part(2, 5 << 20).Send(), None);
        await restarted.CompletePartsAsync(upload, None);

        // As if the crash came after the move and before anything else was tidied up.
        await new FolderBlobStore(_root).CompletePartsAsync(upload, None);
        Assert.Equal(bytes.Content, await File.ReadAllBytesAsync(restarted.FindLocalFile(bytes.Digest)!));
    }

    [Fact]
    public async Task A_completion_that_crashed_before_the_move_is_repeated()
    {
        var bytes = Bytes.Random(1000, 4);
        var upload = new PartsUpload(await Store.BeginPartsAsync(bytes.Digest, bytes.Size, 5 << 20, None), bytes.Digest, bytes.Size, 5 << 20);
        await Store.WritePartAsync(upload, 1, bytes.Send(), None);
        await File.WriteAllTextAsync(Path.Combine(Staging, $"{upload.Handle}.parts", "verified"), bytes.Digest.Hex);
        Assert.Null(await Store.FindSizeAsync(bytes.Digest, None));
        await new FolderBlobStore(_root).CompletePartsAsync(upload, None);
        Assert.Equal(1000, await Store.FindSizeAsync(bytes.Digest, None));
    }

    [Fact]
    public async Task A_torn_record_of_a_part_counts_as_missing()
    {
        var bytes = Bytes.Random(1000, 5);
        var upload = new PartsUpload(await Store.BeginPartsAsync(bytes.Digest, bytes.Size, 5 << 20, None), bytes.Digest, bytes.Size, 5 << 20);
        await Store.WritePartAsync(upload, 1, bytes.Send(), None);
        await File.WriteAllTextAsync(Path.Combine(Staging, $"{upload.Handle}.parts", "part-1"), bytes.Digest.Hex[..20]);
        Assert.Empty(await Store.ListPartsAsync(upload, None));
    }

    [Fact]
    public async Task A_damaged_blob_of_wrong_length_is_mended_by_sending_it_again()
    {
        var bytes = Bytes.Random(1000, 6);
        await Store.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None);
        var path = Store.FindLocalFile(bytes.Digest)!;
        File.Delete(path);
        await File.WriteAllBytesAsync(path, bytes.Content[..500]);
        await Store.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None);
        Assert.Equal(bytes.Content, await File.ReadAllBytesAsync(path));
    }

    [Fact]
    public async Task A_file_that_ends_too_early_is_an_error_and_not_an_end()
    {
        var bytes = Bytes.Random(1000, 7);
        await Store.WriteAsync(bytes.Digest, bytes.Size, bytes.Send(), None);
        await using var stream = await Store.OpenReadAsync(bytes.Digest, 500, 501, None);
        await Assert.ThrowsAsync<EndOfStreamException>(() => stream.CopyToAsync(Stream.Null));
    }

    [Fact]
    public async Task More_than_the_disk_holds_is_refused_at_once()
    {
        var bytes = Bytes.Random(10, 8);
        var refusal = await Assert.ThrowsAsync<Refusal>(() => Store.WriteAsync(bytes.Digest, 1L << 60, bytes.Send(), None));
        Assert.Equal((RefusalKind.Unavailable, "The hub's disk is full; nothing was stored."), (refusal.Kind, refusal.Message));
        await Assert.ThrowsAsync<Refusal>(() => Store.BeginPartsAsync(bytes.Digest, 5L << 40, 5L << 30, None));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Staging));
    }

    [Fact]
    public async Task A_disk_that_fills_up_midway_refuses_and_recovers()
    {
        Directory.CreateDirectory(Path.Combine(_root, "small"));
        var mount = Path.Combine(_root, "small");
        if (await RunAsync("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", mount) != 0)
            Assert.Skip("A full disk needs a small tmpfs, and mounting one needs root.");
        try
        {
            var store = new FolderBlobStore(mount);
            // Both fit when they begin; together they do not.
            var (first, second) = (Bytes.Random(8 << 20, 9), Bytes.Random(8 << 20, 10));
            var writes = new[] { first, second }.Select(async bytes =>
            {
                var pipe = new System.IO.Pipelines.Pipe();
                var write = store.WriteAsync(bytes.Digest, bytes.Size, pipe.Reader, None);
                foreach (var piece in bytes.Content.Chunk(1 << 20))
                {
                    await pipe.Writer.WriteAsync(piece);
                    await Task.Delay(5);
                    if (write.IsCompleted) break;
                }
                await pipe.Writer.CompleteAsync();
                await write;
                return bytes;
            }).ToArray();
            var refused = 0;
            foreach (var write in writes)
            {
                try
                {
                    Assert.Equal((await write).Size, await store.FindSizeAsync((await write).Digest, None));
                }
                catch (Refusal refusal)
                {
                    Assert.Equal("The hub's disk is full; nothing was stored.", refusal.Message);
                    refused++;
                }
            }
            Assert.InRange(refused, 1, 2);
            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(mount, "staging")));

            var small = Bytes.Random(1 << 20, 11);
            await store.WriteAsync(small.Digest, small.Size, small.Send(), None);
            await store.CheckReadyAsync(None);
        }
        finally
        {
            await RunAsync("umount", mount);
        }

        static async Task<int> RunAsync(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            await process.WaitForExitAsync();
            return process.ExitCode;
        }
    }
}
