using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Git;

/// <summary>What an entry of a tree is.</summary>
public enum EntryMode { File, Executable, Link, Folder, Submodule }

/// <summary>The octal form in which git writes entry modes.</summary>
public static class EntryModes
{
    public static string ToOctal(this EntryMode mode) => mode switch
    {
        EntryMode.File => "100644",
        EntryMode.Executable => "100755",
        EntryMode.Link => "120000",
        EntryMode.Folder => "40000",
        EntryMode.Submodule => "160000",
        _ => throw new ArgumentOutOfRangeException(nameof(mode)),
    };

    /// <summary>Also reads "100664", which git wrote for group-writable files before 2005-05, as a plain file.</summary>
    public static bool TryParse([NotNullWhen(true)] string? octal, out EntryMode mode)
    {
        (var known, mode) = octal switch
        {
            "100644" or "100664" => (true, EntryMode.File),
            "100755" => (true, EntryMode.Executable),
            "120000" => (true, EntryMode.Link),
            "40000" => (true, EntryMode.Folder),
            "160000" => (true, EntryMode.Submodule),
            _ => (false, EntryMode.File),
        };
        return known;
    }

    /// <exception cref="FormatException">Not a mode that git writes.</exception>
    public static EntryMode Parse(string octal) =>
        TryParse(octal, out var mode) ? mode : throw new FormatException($"'{octal}' is not a mode of a tree entry.");
}
