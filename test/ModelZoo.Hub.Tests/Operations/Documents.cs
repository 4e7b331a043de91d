using System.Runtime.CompilerServices;

namespace ModelZoo.Hub.Tests.Operations;

/// <summary>The files of docs/, as the source tree has them.</summary>
static class Documents
{
    public static string Find(string name, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs", name));
}
