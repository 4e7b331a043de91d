namespace ModelZoo.Git;

/// <summary>The "[…]" of a wildcard: ranges, negation by '!' or '^', escapes, and names such as [:digit:] (ASCII, as in git's wildmatch.c).</summary>
static class WildcardClass
{
    /// <param name="at">The '[' on entry, the closing ']' on success.</param>
    /// <param name="members">Which of the 256 bytes the class matches.</param>
    public static bool TryParse(ReadOnlySpan<byte> pattern, ref int at, bool isPath, out bool[] members)
    {
        members = new bool[256];
        var next = at + 1;
        var isNegated = next < pattern.Length && pattern[next] is (byte)'!' or (byte)'^' && next < pattern.Length;
        if (isNegated) next++;
        byte previous = 0;                                  // 0: no range may begin here
        for (var isFirst = true; ; isFirst = false, next++)
        {
            if (next >= pattern.Length) return false;
            var current = pattern[next];
            if (current == ']' && !isFirst) break;
            if (current == '\\')
            {
                if (++next >= pattern.Length) return false;
                current = pattern[next];
                members[current] = true;
            }
            else if (current == '-' && previous != 0 && next + 1 < pattern.Length && pattern[next + 1] != ']')
            {
                if (pattern[++next] == '\\' && ++next >= pattern.Length) return false;
                for (int member = previous; member <= pattern[next]; member++) members[member] = true;
                current = 0;
            }
            else if (current == '[' && next + 1 < pattern.Length && pattern[next + 1] == ':')
            {
                var length = pattern[(next + 2)..].IndexOf((byte)']');
                if (length < 0) return false;
                if (length == 0 || pattern[next + 1 + length] != ':') members['['] = true;       // no ":]": an ordinary '['
                else
                {
                    if (!TryAddNamed(pattern.Slice(next + 2, length - 1), members)) return false;
                    next += 2 + length;
                    current = 0;
                }
            }
            else members[current] = true;
            previous = current;
        }
        at = next;
        if (isNegated)
            for (var i = 0; i < members.Length; i++) members[i] = !members[i];
        if (isPath) members['/'] = false;
        return true;
    }

    static bool TryAddNamed(ReadOnlySpan<byte> name, bool[] members)
    {
        Func<char, bool>? isMember = null;
        if (name.SequenceEqual("alnum"u8)) isMember = char.IsAsciiLetterOrDigit;
        else if (name.SequenceEqual("alpha"u8)) isMember = char.IsAsciiLetter;
        else if (name.SequenceEqual("blank"u8)) isMember = c => c is ' ' or '\t';
        else if (name.SequenceEqual("cntrl"u8)) isMember = c => c is < ' ' or '\u007f';
        else if (name.SequenceEqual("digit"u8)) isMember = char.IsAsciiDigit;
        else if (name.SequenceEqual("graph"u8)) isMember = c => c is > ' ' and < '\u007f';
        else if (name.SequenceEqual("lower"u8)) isMember = char.IsAsciiLetterLower;
        else if (name.SequenceEqual("print"u8)) isMember = c => c is >= ' ' and < '\u007f';
        else if (name.SequenceEqual("punct"u8)) isMember = c => c is > ' ' and < '\u007f' && !char.IsAsciiLetterOrDigit(c);
        else if (name.SequenceEqual("space"u8)) isMember = c => c is ' ' or (>= '\t' and <= '\r');
        else if (name.SequenceEqual("upper"u8)) isMember = char.IsAsciiLetterUpper;
        else if (name.SequenceEqual("xdigit"u8)) isMember = char.IsAsciiHexDigit;
        if (isMember is null) return false;
        for (var c = '\0'; c < 128; c++)
            if (isMember(c)) members[c] = true;
        return true;
    }
}
