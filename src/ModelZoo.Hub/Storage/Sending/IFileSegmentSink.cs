using Microsoft.Win32.SafeHandles;

namespace ModelZoo.Hub.Storage.Sending;

/// <summary>
/// A connection whose writer can take bytes from a file without their passing through user space. Lies in the connection's
/// features, so it is found with <c>HttpContext.Features.Get</c>.
/// </summary>
interface IFileSegmentSink
{
    /// <summary>From now on, bytes "advanced" on the response's writer are the file's next bytes from <paramref name="offset"/>.</summary>
    void BeginFile(SafeFileHandle file, long offset);

    /// <summary>Back to ordinary bytes. Everything advanced was flushed before, or the connection is dead.</summary>
    void EndFile();
}
