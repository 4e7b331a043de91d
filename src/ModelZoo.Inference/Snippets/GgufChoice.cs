using System.Text.RegularExpressions;
using ModelZoo.Weights;

namespace ModelZoo.Inference.Snippets;

/// <summary>The GGUF model that a snippet takes of a repository, which often holds one model in many quantisations.</summary>
/// <param name="First">The file that a program is given; the other pieces of a cut model it finds itself.</param>
sealed partial record GgufChoice(string First, IReadOnlyList<string> Files)
{
    /// <summary>Small and close to the original: what llama.cpp's own documentation takes in its examples. Then the rest, the smallest first.</summary>
    static readonly string[] s_preferred = ["q4_k_m", "q5_k_m", "q8_0", "q6_k"];

    public static GgufChoice? Find(IReadOnlyList<ModelFile> files)
    {
        var models = files
            .Where(file => file.Path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) && !Part().IsMatch(file.Path))
            .GroupBy(file => Piece().Replace(file.Path, ""))
            .Select(pieces => (Name: pieces.Key, Bytes: pieces.Sum(file => file.SizeBytes), Files: pieces.Select(file => file.Path).Order(StringComparer.Ordinal).ToList()))
            .OrderBy(model => Rank(model.Name)).ThenBy(model => model.Bytes).ThenBy(model => model.Name, StringComparer.Ordinal)
            .ToList();
        return models is [var best, ..] ? new(best.Files[0], best.Files) : null;
    }

    static int Rank(string name) => Array.FindIndex(s_preferred, kind => name.Contains(kind, StringComparison.OrdinalIgnoreCase)) is >= 0 and var rank ? rank : s_preferred.Length;

    /// <summary>Projectors of pictures, importance matrices and adapters are no models.</summary>
    [GeneratedRegex(@"mmproj|imatrix|lora|vocab", RegexOptions.IgnoreCase)]
    private static partial Regex Part();

    [GeneratedRegex(@"-\d{5}-of-\d{5}(?=\.gguf$)", RegexOptions.IgnoreCase)]
    private static partial Regex Piece();
}
