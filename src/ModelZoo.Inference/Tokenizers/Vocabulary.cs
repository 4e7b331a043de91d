using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>Tokens and their numbers, both ways.</summary>
sealed class Vocabulary
{
    /// <summary>Largest published vocabularies have below 300,000 tokens.</summary>
    public const int MaxTokens = 4_000_000;

    readonly Dictionary<string, int> _ids;
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    readonly string?[] _tokens;

    public Vocabulary(Dictionary<string, int> ids)
    {
        _ids = ids;
        _bySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        if (ids.Count > MaxTokens) throw new InferenceException(InferenceFault.Limit, $"The vocabulary has {ids.Count} tokens; at most {MaxTokens} are read.");
        var last = ids.Count == 0 ? -1 : ids.Values.Max();
        if (last >= MaxTokens || (ids.Count > 0 && ids.Values.Min() < 0)) throw new InferenceException(InferenceFault.Limit, $"A token has a number below 0 or from {MaxTokens} on.");
        _tokens = new string?[last + 1];
        foreach (var (token, id) in ids) _tokens[id] = token;
    }

    public int Count => _tokens.Length;

    public IEnumerable<KeyValuePair<string, int>> Items => _ids;

    public bool TryGetId(ReadOnlySpan<char> token, out int id) => _bySpan.TryGetValue(token, out id);

    public int? FindId(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    public string? FindToken(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    /// <summary>The 256 numbers of <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, or null when one is missing.</summary>
    public bool TryGetBytes([NotNullWhen(true)] out int[]? ids)
    {
        ids = new int[256];
        for (var b = 0; b < 256; b++)
            if (!_ids.TryGetValue($"<0x{b:X2}>", out ids[b])) ids[b] = -1;
        return ids.Any(id => id >= 0);
    }
}
