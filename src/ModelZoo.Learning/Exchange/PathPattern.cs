using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Learning.Exchange;

/// <summary>What a path says: whose state it is, of which epoch, and with which factors.</summary>
public sealed record MatchedPath(string Path, string Member, int Epoch, IReadOnlyList<(string Name, string Value)> Factors);

/// <summary>
/// Names of checkpoints: <c>runs/{member}/checkpoint-{epoch}/model.safetensors</c>. <c>{factor:lr}</c> makes a factor, <c>*</c> stands for anything within a
/// name, all else for itself. Without <c>{member}</c> the factors say who it is; without <c>{epoch}</c> it is the last state.
/// </summary>
public sealed class PathPattern
{
    const int MaxLength = 1000;

    readonly Regex _regex;
    readonly List<string> _factors = [];
    readonly bool _hasMember, _hasEpoch;

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
                else if (name == "epoch" && !_hasEpoch)
                {
                    _hasEpoch = true;
                    regex.Append("(?<epoch>[0-9]{1,9})");
                }
                else if (name.StartsWith("factor:", StringComparison.Ordinal) && name.Length is > 7 and < 60 && name.Skip(7).All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-') && !_factors.Contains(name[7..]))
                {
                    regex.Append(CultureInfo.InvariantCulture, $"(?<f{_factors.Count}>[^/]+?)");
                    _factors.Add(name[7..]);
                }
                else throw new PopulationException($"'{(end < 0 ? text[at..] : text[at..(end + 1)])}' is no part of a pattern; there are {{member}}, {{epoch}} and {{factor:NAME}}, each once.");
                at = end + 1;
            }
        }
        if (!_hasMember && _factors.Count == 0 && !_hasEpoch) throw new PopulationException("A pattern names {member}, {epoch} or {factor:NAME}; otherwise every file would be the same state.");
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
        var member = _hasMember ? match.Groups["member"].Value : factors.Count > 0 ? string.Join(",", factors.Select(factor => $"{factor.name}={factor.Value}")) : alone;
        return new(path, member, _hasEpoch ? int.Parse(match.Groups["epoch"].ValueSpan, CultureInfo.InvariantCulture) : 0, factors);
    }
}
