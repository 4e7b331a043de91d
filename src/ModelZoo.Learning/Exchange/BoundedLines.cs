using System.Runtime.CompilerServices;
using System.Text;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>A line of a text that a stranger wrote.</summary>
/// <param name="Text">Null when it is longer than is read.</param>
/// <param name="IsLast">Nothing follows, also no end of line: as runs that were killed leave it.</param>
readonly record struct BoundedLine(int Number, string? Text, bool IsLast);

/// <summary>Lines of a text of any length, one after the other; memory holds one.</summary>
static class BoundedLines
{
    public static async IAsyncEnumerable<BoundedLine> ReadAsync(IModelFiles files, string path, int maxBytes, [EnumeratorCancellation] CancellationToken stop)
    {
        var source = await files.OpenAsync(path, stop);
        using var _ = source as IDisposable;
        var (buffer, line, number, isTooLong) = (new byte[1 << 16], new MemoryStream(), 0, false);
        for (long offset = 0; ;)
        {
            var read = await source.ReadAsync(offset, buffer, stop);
            if (read <= 0) break;
            offset += read;
            for (var at = 0; at < read;)
            {
                var end = Array.IndexOf(buffer, (byte)'\n', at, read - at);
                var take = (end < 0 ? read : end) - at;
                if (line.Length + take > maxBytes) isTooLong = true;
                else line.Write(buffer, at, take);
                at += take + 1;
                if (end < 0) continue;
                yield return new(++number, isTooLong ? null : Take(line), false);
                isTooLong = false;
                line.SetLength(0);
            }
        }
        if (line.Length > 0 || isTooLong) yield return new(++number, isTooLong ? null : Take(line), true);
    }

    static string Take(MemoryStream line) => Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length).Trim().TrimStart('\uFEFF');
}
