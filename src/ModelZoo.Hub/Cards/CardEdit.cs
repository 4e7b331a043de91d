using System.Text;
using ModelZoo.Hub.Kernel;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ModelZoo.Hub.Cards;

/// <summary>
/// Changes keys of a metadata block by changing their lines only. Other keys, their order, comments, line ends and the byte order
/// mark stay as they are; every edit is read again, and refused when it would have changed anything else.
/// </summary>
static class CardEdit
{
    public static string Set(string readme, string key, string value) => Set(readme, key, new CardScalar(value, ScalarKind.Text));

    public static string Set(string readme, string key, IReadOnlyList<string> values) =>
        Set(readme, key, new CardList([.. values.Select(value => new CardScalar(value, ScalarKind.Text))]));

    /// <param name="value">A scalar, or a list of scalars.</param>
    /// <exception cref="Refusal">The block cannot be read, is not written line by line, or the value cannot be written.</exception>
    public static string Set(string readme, string key, CardValue value)
    {
        if (!CardYamlText.IsPlainKey(key)) throw Refusal.Invalid($"'{key}' is not a key that can be set.");
        var newLine = NewLineOf(readme);
        var block = FrontMatter.Find(readme);
        if (!block.HasBlock)
        {
            var rest = readme[block.BodyStart..];
            var gap = rest.Length == 0 || rest[0] is '\n' or '\r' ? "" : newLine;
            return Checked(readme, $"{readme[..block.BodyStart]}---{newLine}{CardYamlText.Entry(key, value, newLine)}---{newLine}{gap}{rest}", key, value);
        }
        var entry = Entries(readme, block).LastOrDefault(entry => entry.Key == key);
        var edited = entry is null
            ? readme.Insert(block.YamlEnd, CardYamlText.Entry(key, value, newLine))
            : readme[..entry.From] + Rewrite(readme, entry, value, newLine) + readme[entry.To..];
        return Checked(readme, edited, key, value);
    }

    /// <summary>Removes every occurrence of a key. The text is the same when there is none.</summary>
    public static string Remove(string readme, string key)
    {
        var block = FrontMatter.Find(readme);
        if (!block.HasBlock) return readme;
        var edited = new StringBuilder(readme);
        var found = Entries(readme, block).Where(entry => entry.Key == key).Reverse().ToList();
        foreach (var entry in found) edited.Remove(entry.From, entry.To - entry.From);
        return found.Count == 0 ? readme : Checked(readme, edited.ToString(), key, null);
    }

    /// <summary>A key with its lines.</summary>
    /// <param name="From">Offset of the key's line.</param>
    /// <param name="To">Offset after the last line of its value; comments and blank lines after it belong to what follows.</param>
    /// <param name="ValueFrom">Offset of a scalar's text when it lies on one line with its key; else -1.</param>
    sealed record Entry(string Key, int From, int To, int ValueFrom, int ValueTo);

    static List<Entry> Entries(string readme, FrontMatter block)
    {
        if (block.IsTooLarge(readme)) throw Refusal.Invalid("The metadata block is larger than 1 MiB.");
        var lines = LineStarts(readme, block);
        try
        {
            _ = CardYaml.Parse(block.Yaml(readme));            // bounds size, depth and tags before anything else looks
            return ReadEntries(readme, block, lines);
        }
        catch (CardYamlException broken)
        {
            throw Refusal.Invalid(broken.Finding.Message);
        }
    }

    static List<Entry> ReadEntries(string readme, FrontMatter block, List<int> lines)
    {
        int Offset(Mark mark) => (int)Math.Min(block.YamlEnd, lines[(int)Math.Min(mark.Line - 1, lines.Count - 1)] + mark.Column - 1);

        var entries = new List<Entry>();
        var parser = new Parser(new StringReader(block.Yaml(readme)));
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _) || parser.TryConsume<Scalar>(out _)) return entries;
        if (!parser.TryConsume<MappingStart>(out var root) || root.Style != MappingStyle.Block)
            throw Refusal.Invalid("The metadata block is not written line by line, so it can only be edited as text.");
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>();
            var line = (int)key.Start.Line - 1;
            var (valueFrom, valueTo) = parser.Current is Scalar { Anchor.IsEmpty: true, Tag.IsEmpty: true } value && value.End.Line == key.Start.Line && value.End.Column > value.Start.Column
                ? (Offset(value.Start), Offset(value.End)) : (-1, -1);
            parser.SkipThisAndNestedEvents();
            // The next key, or the end of the block, bounds the value.
            var nextLine = parser.Current is Scalar next ? (int)next.Start.Line - 1 : lines.Count - 1;
            while (nextLine > line + 1 && IsBlankOrComment(readme.AsSpan(lines[nextLine - 1]..lines[nextLine]))) nextLine--;
            entries.Add(new(key.Value, lines[line], lines[nextLine], valueFrom, valueTo));
        }
        return entries;
    }

    static string Rewrite(string readme, Entry entry, CardValue value, string newLine)
    {
        var old = readme[entry.From..entry.To];
        if (value is CardScalar scalar && entry.ValueFrom >= 0)
            return old[..(entry.ValueFrom - entry.From)] + CardYamlText.Scalar(scalar) + old[(entry.ValueTo - entry.From)..];
        var written = CardYamlText.Entry(entry.Key, value, newLine);
        if (value is not CardList) return written;

        // Items that stay keep their line, and with it their indentation and comment.
        var oldItems = old.Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.TrimStart().StartsWith("- ", StringComparison.Ordinal)).ToList();
        var indent = oldItems.Count > 0 ? oldItems[0][..^oldItems[0].TrimStart().Length] : "";
        var lines = new List<string>();
        foreach (var line in written.Split(newLine, StringSplitOptions.RemoveEmptyEntries))
        {
            if (!line.StartsWith("- ", StringComparison.Ordinal)) lines.Add(line);
            else lines.Add(oldItems.Find(item => item.TrimStart() == line || item.TrimStart().StartsWith(line + " #", StringComparison.Ordinal)) ?? indent + line);
        }
        return string.Concat(lines.Select(line => line + newLine));
    }

    /// <summary>Reads the result: the key says what was asked, and every other key what it said before.</summary>
    static string Checked(string before, string after, string key, CardValue? value)
    {
        var (old, edited) = (Card.Parse(before), Card.Parse(after));
        if (old.Findings.Any(finding => finding.IsError)) throw Refusal.Invalid(old.Findings.First(finding => finding.IsError).Message);
        var intact = !edited.Findings.Any(finding => finding.IsError)
            && Others(old, key) == Others(edited, key)
            && edited.Metadata[key]?.ToJson()?.ToJsonString() == value?.ToJson()?.ToJsonString();
        return intact ? after : throw Refusal.Invalid($"'{key}' cannot be changed by itself here; edit the metadata block as text.");
    }

    static string Others(Card card, string key) =>
        new CardMap([.. card.Metadata.Root.Entries.Where(entry => entry.Key != key)]).ToJson().ToJsonString();

    static List<int> LineStarts(string readme, FrontMatter block)
    {
        var starts = new List<int> { block.YamlStart };
        for (var i = block.YamlStart; i < block.YamlEnd; i++)
            if (readme[i] == '\n') starts.Add(i + 1);
        return starts;
    }

    static bool IsBlankOrComment(ReadOnlySpan<char> line) => line.TrimStart() is var text && (text.IsEmpty || text[0] == '#');

    static string NewLineOf(string readme) => readme.IndexOf('\n') is var end and > 0 && readme[end - 1] == '\r' ? "\r\n" : "\n";
}
