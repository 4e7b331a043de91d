using System.Diagnostics;
using ModelZoo.Git;

namespace ModelZoo.Hub.Mirrors;

/// <summary>Asks a mirror which objects it has, by one git process that stays.</summary>
sealed class ObjectPresence : IAsyncDisposable
{
    /// <summary>Few enough that questions and answers fit into the pipes, so that neither side waits for the other.</summary>
    const int Batch = 500;

    readonly Process? _process;

    /// <param name="isEmpty">Nothing is there, so nobody need be asked.</param>
    public ObjectPresence(GitProgram git, string folder, bool isEmpty) =>
        _process = isEmpty ? null : git.Start(folder, null, "cat-file", "--batch-check=%(objecttype)");

    /// <returns>Those that are missing, in the order given.</returns>
    public async Task<List<ObjectId>> MissingAsync(IReadOnlyCollection<ObjectId> ids, CancellationToken stop)
    {
        if (_process is null) return [.. ids];
        var missing = new List<ObjectId>();
        foreach (var batch in ids.Chunk(Batch))
        {
            await _process.StandardInput.WriteAsync(string.Concat(batch.Select(id => id.Hex + "\n")).AsMemory(), stop);
            await _process.StandardInput.FlushAsync(stop);
            foreach (var id in batch)
            {
                var answer = await _process.StandardOutput.ReadLineAsync(stop) ?? throw new GitFailedException("git cat-file ended early.");
                if (answer.EndsWith(" missing", StringComparison.Ordinal)) missing.Add(id);
            }
        }
        return missing;
    }

    public ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            GitProgram.Kill(_process);
            _process.Dispose();
        }
        return ValueTask.CompletedTask;
    }
}
