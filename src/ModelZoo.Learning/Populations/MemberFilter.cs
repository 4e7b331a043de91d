using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Exchange;

namespace ModelZoo.Learning.Populations;

/// <summary>
/// Chooses members and states: <c>epoch >= 21 and optimizer = 'sgd' or not (stage = 'finetune')</c>. Names are factors, settings, facts of a member
/// (member, stage, split, status, parent, root, seed, head_seed) or of a state (epoch, train_loss, train_accuracy, val_accuracy, test_loss, …).
/// </summary>
public sealed partial class MemberFilter
{
    const int MaxDepth = 50;
    const int MaxTokens = 1000;

    readonly List<string> _tokens;
    readonly Func<PopulationMember, int, bool> _holds;
    int _at;

    MemberFilter(string text)
    {
        _tokens = [.. Token().Matches(text).Select(match => match.Value).Where(token => !string.IsNullOrWhiteSpace(token)).Take(MaxTokens + 1)];
        if (_tokens.Count is 0 or > MaxTokens) throw Wrong("it is empty or too long");
        _holds = Or(0);
        if (_at < _tokens.Count) throw Wrong($"'{_tokens[_at]}' is not expected there");
    }

    /// <exception cref="RecipeException">The text is no condition; says where it breaks.</exception>
    public static MemberFilter Parse(string text) => new(text);

    /// <param name="epoch">Of the state.</param>
    public bool Holds(PopulationMember member, int epoch) => _holds(member, epoch);

    Func<PopulationMember, int, bool> Or(int depth)
    {
        var left = And(depth);
        while (Take("or"))
        {
            var (first, second) = (left, And(depth));
            left = (member, epoch) => first(member, epoch) || second(member, epoch);
        }
        return left;
    }

    Func<PopulationMember, int, bool> And(int depth)
    {
        var left = Not(depth);
        while (Take("and"))
        {
            var (first, second) = (left, Not(depth));
            left = (member, epoch) => first(member, epoch) && second(member, epoch);
        }
        return left;
    }

    Func<PopulationMember, int, bool> Not(int depth)
    {
        if (depth > MaxDepth) throw Wrong("it is nested too deeply");
        if (Take("not"))
        {
            var inner = Not(depth + 1);
            return (member, epoch) => !inner(member, epoch);
        }
        if (!Take("(")) return Comparison();
        var group = Or(depth + 1);
        if (!Take(")")) throw Wrong("a ')' is missing");
        return group;
    }

    Func<PopulationMember, int, bool> Comparison()
    {
        var name = Next("a name");
        if (!Name().IsMatch(name)) throw Wrong($"'{name}' is no name");
        var sign = Next("a comparison");
        if (sign is not ("=" or "==" or "!=" or "<" or "<=" or ">" or ">=")) throw Wrong($"'{sign}' is no comparison; there are = != < <= > >=");
        var word = Next("a value");
        if (word is "'" or "\"") throw Wrong("a quote is not closed");
        var text = word[0] is '\'' or '"' ? word[1..^1] : word;
        double? number = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;
        return (member, epoch) => Find(member, epoch, name) is { } value && Compare(value, text, number) is { } order && sign switch
        {
            "=" or "==" => order == 0,
            "!=" => order != 0,
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
    }

    static int? Compare(object value, string text, double? number) => value switch
    {
        bool flag => string.CompareOrdinal(flag ? "true" : "false", text),
        long or int or double when number is { } other => Convert.ToDouble(value, CultureInfo.InvariantCulture).CompareTo(other),
        long or int or double => null,
        var other => string.CompareOrdinal(other.ToString(), text),
    };

    /// <summary>What a name says of a state; null when it says nothing, and then no comparison holds.</summary>
    public static object? Find(PopulationMember member, int epoch, string name)
    {
        var card = member.Card;
        switch (name)
        {
            case "member" or "member_id": return card.Id;
            case "stage": return card.Stage;
            case "split": return card.Split;
            case "status": return member.Ending is null ? "stopped" : member.IsDone ? "done" : "failed";
            case "parent" or "parent_id": return card.ParentId;
            case "root" or "root_id": return card.RootId;
            case "seed": return card.Seed;
            case "head_seed": return card.HeadSeed;
            case "dataset": return card.Dataset;
            case "epoch": return epoch;
            case "train_loss": return member.Find(epoch)?.TrainLoss;
            case "train_accuracy": return member.Find(epoch)?.TrainAccuracy;
            case "gap": return member.Find(epoch)?.TrainAccuracy - member.Accuracy(epoch, "test");
        }
        if (card.Factors.FirstOrDefault(factor => factor.Name == name) is { } exact) return exact.Value;
        foreach (var ending in (string[])["_accuracy", "_acc", "_loss"])
            if (name.EndsWith(ending, StringComparison.Ordinal) && member.Find(epoch) is { } record)
            {
                if (record.Others?.TryGetValue(name, out var other) == true) return other;
                if (record.Find(name[..^ending.Length]) is { } score) return ending == "_loss" ? score.Loss : score.Accuracy;
            }
        if (card.Factors.Where(factor => factor.Name.EndsWith("." + name, StringComparison.Ordinal) || factor.Name.EndsWith("::" + name, StringComparison.Ordinal)).ToList() is [var only]) return only.Value;
        // A setting that did not vary: as it took effect, or its default.
        if (SettingSchema.Find(name, null) is not [var path]) return null;
        if (At(card.Effective, path) is { } value) return value;
        if (card.Effective is not null) return SettingSchema.Rules[path].Default;
        // A member of a published zoo says it under that zoo's name.
        return RayExport.FindName(path) is { } theirs && card.Requested is JsonObject requested && requested[theirs] is JsonValue told ? Plain(told) : null;
    }

    static object? At(JsonNode? settings, string path)
    {
        foreach (var part in path.Split('.')) settings = (settings as JsonObject)?[part];
        return settings is JsonValue value ? Plain(value) : null;
    }

    static object? Plain(JsonValue value) => System.Text.Json.JsonSerializer.SerializeToElement(value).Plain();

    bool Take(string word)
    {
        if (_at >= _tokens.Count || !string.Equals(_tokens[_at], word, StringComparison.OrdinalIgnoreCase)) return false;
        _at++;
        return true;
    }

    string Next(string what) => _at < _tokens.Count ? _tokens[_at++] : throw Wrong($"{what} is missing at its end");

    static RecipeException Wrong(string problem) => new(0, "where", $"the condition cannot be read: {problem}.");

    [GeneratedRegex(@"\s+|'[^']*'|""[^""]*""|[<>!=]=?|[()]|[^\s<>!=()'""]+|.")]
    private static partial Regex Token();

    [GeneratedRegex(@"^[\w][\w.:\-]*$")]
    private static partial Regex Name();
}
