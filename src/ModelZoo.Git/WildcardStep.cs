namespace ModelZoo.Git;

enum WildcardKind { Literal, AnyByte, AnyButSlash, Class, Star, DoubleStar, OptionalFolders }

/// <summary>One step of a compiled <see cref="Wildcard"/>. OptionalFolders stands before a DoubleStar and the '/' after it.</summary>
readonly record struct WildcardStep(WildcardKind Kind, byte Value = 0, bool[]? Class = null)
{
    public bool Repeats => Kind is WildcardKind.Star or WildcardKind.DoubleStar;

    public bool Accepts(byte value) => Kind switch
    {
        WildcardKind.Literal => value == Value,
        WildcardKind.AnyByte or WildcardKind.DoubleStar => true,
        WildcardKind.AnyButSlash or WildcardKind.Star => value != '/',
        WildcardKind.Class => Class![value],
        _ => false,
    };

    /// <param name="pattern">From the first wildcard on; git too compares what stands before it apart, which makes a "**" here count as leading.</param>
    public static bool TryCompile(ReadOnlySpan<byte> pattern, bool isPath, out WildcardStep[] steps)
    {
        var compiled = new List<WildcardStep>();
        steps = [];
        for (var at = 0; at < pattern.Length; at++)
        {
            switch (pattern[at])
            {
                case (byte)'\\':
                    if (++at == pattern.Length) return false;
                    compiled.Add(new(WildcardKind.Literal, pattern[at]));
                    break;
                case (byte)'?':
                    compiled.Add(new(isPath ? WildcardKind.AnyButSlash : WildcardKind.AnyByte));
                    break;
                case (byte)'[':
                    if (!WildcardClass.TryParse(pattern, ref at, isPath, out var members)) return false;
                    compiled.Add(new(WildcardKind.Class, 0, members));
                    break;
                case (byte)'*':
                    AddStars(compiled, pattern, ref at, isPath);
                    break;
                default:
                    compiled.Add(new(WildcardKind.Literal, pattern[at]));
                    break;
            }
        }
        steps = [.. compiled];
        return true;
    }

    static void AddStars(List<WildcardStep> steps, ReadOnlySpan<byte> pattern, ref int at, bool isPath)
    {
        var first = at;
        while (at + 1 < pattern.Length && pattern[at + 1] == '*') at++;
        var rest = pattern[(at + 1)..];
        var isWholeSegment = at > first && (first == 0 || pattern[first - 1] == '/') && (rest.IsEmpty || rest[0] == '/' || rest.StartsWith("\\/"u8));
        if (!isPath || !isWholeSegment) steps.Add(new(isPath ? WildcardKind.Star : WildcardKind.DoubleStar));
        else
        {
            if (!rest.IsEmpty && rest[0] == '/') steps.Add(new(WildcardKind.OptionalFolders));
            steps.Add(new(WildcardKind.DoubleStar));
        }
    }
}
