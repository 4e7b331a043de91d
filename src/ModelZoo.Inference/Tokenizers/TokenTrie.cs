namespace ModelZoo.Inference.Tokenizers;

/// <summary>Tokens by their characters, to find all that a text begins with in one walk.</summary>
sealed class TokenTrie
{
    readonly Dictionary<long, int> _children = [];
    readonly List<int> _ids = [-1];
    readonly int[] _fromRoot = new int[128];

    public void Add(ReadOnlySpan<char> token, int id)
    {
        var node = 0;
        foreach (var c in token)
        {
            var key = ((long)node << 16) | c;
            if (!_children.TryGetValue(key, out var child))
            {
                child = _ids.Count;
                _ids.Add(-1);
                _children[key] = child;
                if (node == 0 && c < 128) _fromRoot[c] = child;
            }
            node = child;
        }
        _ids[node] = id;
    }

    /// <summary>The node below another; zero when there is none.</summary>
    public int Step(int node, char c) => node == 0 && c < 128 ? _fromRoot[c] : _children.GetValueOrDefault(((long)node << 16) | c);

    /// <summary>The token that ends at a node; −1 when none does.</summary>
    public int IdAt(int node) => _ids[node];
}
