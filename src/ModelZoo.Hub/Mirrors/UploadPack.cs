using Microsoft.Extensions.Logging;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Mirrors;

/// <summary>Runs git upload-pack over a mirror: one process per request, fed and read as the client sends and takes.</summary>
sealed partial class UploadPack(MirrorFolder mirrors, GitProgram git, HubOptions options, ILogger<UploadPack> log) : IDisposable
{
    static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(60);

    readonly SemaphoreSlim _room = new(options.Git.Fetches);

    /// <param name="protocol">What the client said in Git-Protocol, checked; null for the oldest protocol.</param>
    public Task AdvertiseAsync(ReadableRepository repository, string? protocol, Func<Task<Stream>> output, CancellationToken stop) =>
        RunAsync(repository, protocol, null, output, stop, "--advertise-refs");

    public Task AnswerAsync(ReadableRepository repository, string? protocol, Stream input, Func<Task<Stream>> output, CancellationToken stop) =>
        RunAsync(repository, protocol, input, output, stop);

    /// <param name="output">Called when the answer begins: until then a refusal can be said properly.</param>
    async Task RunAsync(ReadableRepository repository, string? protocol, Stream? input, Func<Task<Stream>> output, CancellationToken stop, params string[] flags)
    {
        using var lease = await mirrors.OpenAsync(repository, stop);
        if (!await _room.WaitAsync(s_longestWait, stop))
            throw new Refusal(RefusalKind.Unavailable, "Too many clones are being packed now; try again shortly.") { RetryAfter = TimeSpan.FromSeconds(10) };
        try
        {
            using var process = git.Start(lease.Folder, protocol, ["upload-pack", "--stateless-rpc", "--strict", .. flags, lease.Folder]);
            try
            {
                var errors = process.StandardError.ReadToEndAsync(stop);
                var fed = FeedAsync(input, process.StandardInput.BaseStream, stop);
                await process.StandardOutput.BaseStream.CopyToAsync(await output(), 64 * 1024, stop);
                await process.WaitForExitAsync(stop);
                await fed;
                if (input is not null) lease.Generation.Fetches++;
                if (process.ExitCode != 0) Complain(repository, lease.Generation, process.ExitCode, await errors);
            }
            finally
            {
                GitProgram.Kill(process);
            }
        }
        finally
        {
            _room.Release();
        }
    }

    static async Task FeedAsync(Stream? input, Stream process, CancellationToken stop)
    {
        try
        {
            await using (process)
                if (input is not null) await input.CopyToAsync(process, 64 * 1024, stop);
        }
        catch (IOException)
        {
            // It has read enough and ended, or said why not; its answer tells.
        }
    }

    [System.Text.RegularExpressions.GeneratedRegex("not our ref ([0-9a-f]{40})")]
    private static partial System.Text.RegularExpressions.Regex UnknownWish();

    public void Dispose() => _room.Dispose();

    /// <summary>A wish that cannot be fulfilled is the client's affair; a mirror that cannot be read is built anew.</summary>
    void Complain(ReadableRepository repository, MirrorGeneration generation, int exitCode, string errors)
    {
        var shown = errors.Length > 500 ? errors[..500] : errors;
        if (errors.Contains("hung up", StringComparison.Ordinal)) return;
        if (UnknownWish().Match(errors) is { Success: true } wish)
        {
            // What the mirror itself offers and then does not have was lost.
            if (generation.References?.Packed.Contains(wish.Groups[1].Value, StringComparison.Ordinal) == true) MirrorFolder.Distrust(generation);
            return;
        }
        log.UploadPackFailed(exitCode, repository.Id, shown);
        if (errors.Contains("corrupt", StringComparison.Ordinal) || errors.Contains("unable to read", StringComparison.Ordinal)
            || errors.Contains("missing ", StringComparison.Ordinal) || errors.Contains("not a git repository", StringComparison.Ordinal)) MirrorFolder.Distrust(generation);
    }
}
