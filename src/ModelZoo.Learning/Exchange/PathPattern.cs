using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Learning.Exchange;

/// <summary>What a path says: whose state it is, of which epoch, and with which seed and factors.</summary>
public sealed record MatchedPath(string Path, string Member, int Epoch, long? Seed, IReadOnlyList<(string Name, string Value)> Factors);

/// <summary>
/// Names of checkpoints: <c>runs/{member}/checkpoint-{epoch}/model.safetensors</c>. <c>{step}</c> is an epoch that may be written short (<c>20k</c>),
/// <c>{seed}</c> the member's seed, <c>{factor:lr}</c> makes a factor, <c>*</c> stands for anything within a name, all else for itself. Without <c>{member}</c>
/// seed and factors say who it is; without <c>{epoch}</c> or <c>{step}</c> it is the last state.
/// </summary>
public sealed class PathPattern
{
    const int MaxLength = 1000;

    readonly Regex _regex;
    readonly List<string> _factors = [];
    readonly bool _hasMember, _hasEpoch, _hasSeed;

    PathPattern(string text)
    {
        var regex = new StringBuilder("^");
        for (var at = 0; at < text.Length;)
        {
            if (text[at] == '*')
            {
                regex.Append("[^/]*");
                at++;
            }
            else if (text[at] != '{')
            {
                regex.Append(Regex.Escape(text[at].ToString()));
                at++;
            }
            else
            {
                var end = text.IndexOf('}', at);
                var name = end < 0 ? "" : text[(at + 1)..end];
                if (name == "member" && !_hasMember)
                {
                    _hasMember = true;
                    regex.Append("(?<member>[^/]+)");
                }
                else if (name is "epoch" or "step" && !_hasEpoch)
                {
                    _hasEpoch = true;
                    regex.Append(name == "epoch" ? "(?<epoch>[0-9]{1,9})" : "(?<epoch>[0-9]{1,9}[kKmM]?)");
                }
                else if (name == "seed" && !_hasSeed)
                {
                    _hasSeed = true;
                    regex.Append("(?<seed>[0-9]{1,18})");
                }
                else if (name.StartsWith("factor:", StringComparison.Ordinal) && name.Length is > 7 and < 60 && name.Skip(7).All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-') && !_factors.Contains(name[7..]))
                {
                    regex.Append(CultureInfo.InvariantCulture, $"(?<f{_factors.Count}>[^/]+?)");
                    _factors.Add(name[7..]);
                }
                else throw new PopulationException($"'{(end < 0 ? text[at..] : text[at..(end + 1)])}' is no part of a pattern; there are {{member}}, {{epoch}} or {{step}}, {{seed}} and {{factor:NAME}}, each once.");
                at = end + 1;
            }
        }
        if (!_hasMember && _factors.Count == 0 && !_hasEpoch && !_hasSeed) throw new PopulationException("A pattern names {member}, {epoch}, {step}, {seed} or {factor:NAME}; otherwise every file would be the same state.");
        // No backtracking: the time to match grows with the path and not with what someone thinks of.
        _regex = new(regex.Append('$').ToString(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    }

    /// <exception cref="PopulationException">The text is no pattern.</exception>
    public static PathPattern Parse(string text) => text.Length is > 0 and <= MaxLength ? new(text) : throw new PopulationException($"A pattern has 1 to {MaxLength} characters.");

    /// <param name="alone">Whose states they are when the pattern does not say.</param>
    public MatchedPath? Find(string path, string alone)
    {
        if (_regex.Match(path) is not { Success: true } match) return null;
        var factors = _factors.Select((name, i) => (name, match.Groups[$"f{i}"].Value)).ToList();
        long? seed = _hasSeed ? long.Parse(match.Groups["seed"].ValueSpan, CultureInfo.InvariantCulture) : null;
        var made = seed is { } given ? factors.Prepend(("seed", given.ToString(CultureInfo.InvariantCulture))).ToList() : factors;
        var member = _hasMember ? match.Groups["member"].Value : made.Count > 0 ? string.Join(",", made.Select(factor => $"{factor.Item1}={factor.Item2}")) : alone;
        return (_hasEpoch ? Step(match.Groups["epoch"].ValueSpan) : 0) is { } epoch ? new(path, member, epoch, seed, factors) : null;
    }

    /// <summary>20k is 20,000; null beyond all that is counted.</summary>
    static int? Step(ReadOnlySpan<char> text)
    {
        var unit = text[^1] switch { 'k' or 'K' => 1_000L, 'm' or 'M' => 1_000_000L, _ => 1L };
        var number = long.Parse(unit > 1 ? text[..^1] : text, CultureInfo.InvariantCulture) * unit;
        return number <= 999_999_999 ? (int)number : null;
    }
}
