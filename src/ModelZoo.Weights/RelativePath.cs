namespace ModelZoo.Weights;

/// <summary>Checks paths that a file gives of another, or an archive of its parts: they must stay in the folder.</summary>
public static class RelativePath
{
    const int MaxLength = 1024;

    public static bool IsSafe(string path)
    {
        if (path.Length is 0 or > MaxLength || path[0] == '/' || path.Contains('\\') || path.Contains(':')) return false;
        foreach (var c in path)
            if (char.IsControl(c)) return false;
        foreach (var segment in path.Split('/'))
            if (segment is "" or "." or "..") return false;
        return true;
    }
}
