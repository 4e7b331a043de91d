namespace ModelZoo.Git;

/// <summary>One pattern of .gitignore or .gitattributes. Without '/' it matches the last segment, otherwise the path from the root.</summary>
sealed class PathPattern
{
    readonly Wildcard _wildcard;
    readonly bool _isPath;
    readonly bool _onlyFolders;

    /// <param name="text">Without the leading '!' of a negation.</param>
    public PathPattern(string text)
    {
        _onlyFolders = text.EndsWith('/');
        if (_onlyFolders) text = text[..^1];
        _isPath = text.Contains('/');
        _wildcard = new(text.StartsWith('/') ? text[1..] : text, _isPath);
    }

    /// <param name="path">UTF-8 bytes of a path from the root.</param>
    public bool Matches(ReadOnlySpan<byte> path, bool isFolder)
    {
        if (_onlyFolders && !isFolder) return false;
        return _wildcard.Matches(_isPath ? path : path[(path.LastIndexOf((byte)'/') + 1)..]);
    }
}
