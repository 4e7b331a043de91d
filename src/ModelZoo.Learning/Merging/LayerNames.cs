using System.Text.RegularExpressions;

namespace ModelZoo.Learning.Merging;

/// <summary>Which layer a tensor belongs to, by the conventions of published checkpoints.</summary>
static partial class LayerNames
{
    public static int? Find(string tensor) => Pattern().Match(tensor) is { Success: true } match && int.TryParse(match.Groups[2].ValueSpan, out var layer) ? layer : null;

    public static string With(string tensor, int layer) => Pattern().Replace(tensor, match => $"{match.Groups[1].Value}{layer}{match.Groups[3].Value}", 1);

    public static int Count(IEnumerable<string> tensors) => tensors.Select(Find).Max() is { } last ? last + 1 : 0;

    /// <summary>0 for the first layer, 1 for the last; null outside of layers.</summary>
    public static double? Position(string tensor, int layers) => Find(tensor) is { } layer ? layers > 1 ? layer / (layers - 1.0) : 0 : null;

    [GeneratedRegex(@"((?:^|\.)(?:layers|layer|blocks|block|h)\.)(\d{1,6})(\.)", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
