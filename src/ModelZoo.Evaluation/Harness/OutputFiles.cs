namespace ModelZoo.Evaluation.Harness;

/// <summary>Files of the output folder: written beside and moved into place, so that readers see all of one or none.</summary>
static class OutputFiles
{
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken stop)
    {
        var staged = path + ".new";
        await using (var file = new FileStream(staged, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            await file.WriteAsync(content, stop);
            file.Flush(flushToDisk: true);
        }
        File.Move(staged, path, overwrite: true);
    }

    /// <summary>A task's name in the name of a file.</summary>
    public static string Safe(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
}
