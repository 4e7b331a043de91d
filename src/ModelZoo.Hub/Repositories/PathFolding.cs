using ModelZoo.Git;

namespace ModelZoo.Hub.Repositories;

/// <summary>The form under which careless file systems would take two names for one.</summary>
static class PathFolding
{
    public static string Fold(string name)
    {
        foreach (var c in name)
            if (c > 127) return UnicodeForm.Compose(name).ToLowerInvariant();
        return name.ToLowerInvariant();
    }
}
