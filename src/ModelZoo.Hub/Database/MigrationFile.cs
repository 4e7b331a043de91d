using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace ModelZoo.Hub.Database;

/// <summary>
/// One numbered file of Database/Migrations. Its first line may say "-- level 3" (the level of the release that brings it) and
/// "-- level 3, needs 2" (programs below can no longer work with what it leaves); 1 where it says nothing.
/// </summary>
sealed partial record MigrationFile(string Name, string Text)
{
    const string Folder = "ModelZoo.Hub.Database.Migrations.";

    public long Number => long.Parse(Name[..Name.IndexOf('_')], CultureInfo.InvariantCulture);

    public long Level => Head("level");

    public long Needs => Head("needs");

    /// <summary>The file's statements; each ends with ';' at the end of a line.</summary>
    public IEnumerable<string> Statements() => Text.Split(";\n").Select(s => s.Trim()).Where(s => s.Length > 0);

    long Head(string word) => HeadWord().Matches(Text[..(Text + "\n").IndexOf('\n')]).FirstOrDefault(m => m.Groups[1].Value == word) is { } match
        ? long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)
        : 1;

    /// <summary>Those that this program brings, in order.</summary>
    public static IReadOnlyList<MigrationFile> All { get; } =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => new MigrationFile(name[Folder.Length..^4], Read(name)))
            .OrderBy(file => file.Number),
    ];

    static string Read(string resource)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"(?<=^--.*)\b(level|needs) (\d+)")]
    private static partial Regex HeadWord();
}
