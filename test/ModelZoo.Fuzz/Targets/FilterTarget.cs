using System.Text;
using ModelZoo.Inference;
using ModelZoo.Inference.Patterns;

namespace ModelZoo.Fuzz.Targets;

/// <summary>Regular expressions in Python's syntax: the first line is the expression, the rest the text.</summary>
sealed class FilterTarget : FuzzTarget
{
    public override string Name => "filter";

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        foreach (var text in new[]
        {
            "#### (\\-?[0-9\\.\\,]+)\n3+4\n#### 7", "(-?[$0-9.,]{2,})|(-?[0-9]+)\nso $1,234.50 and 18.", "(?s)(a|b)*?c(?=d)\nababcd", "(?P<n>x+)(?P=n)\nxxxx", "(?<=a)b*\\b$\nabb", "(a*)*\\1\naaa", "[^\\W\\d_]{1,3}+\nabc1",
        }) yield return Encoding.UTF8.GetBytes(text);
    }

    public override string Run(ReadOnlyMemory<byte> input)
    {
        var text = Encoding.UTF8.GetString(input.Span);
        var end = text.IndexOf('\n');
        var pattern = new PythonPattern(end < 0 ? text : text[..end]);
        var subject = end < 0 ? text : text[(end + 1)..];
        var matches = pattern.FindAll(subject);
        var at = 0;
        foreach (var match in matches)
        {
            if (match.Start < at || match.End < match.Start || match.End > subject.Length) throw new InvalidOperationException("matches overlap or leave the text");
            at = match.End;
        }
        if (pattern.Replace(subject, "") is { } rest && rest.Length != subject.Length - matches.Sum(match => match.End - match.Start)) throw new InvalidOperationException("what is left does not fit the matches");
        return $"{Math.Min(matches.Count, 8)} matches of {Math.Min(pattern.GroupCount, 4)} groups";
    }

    public override bool IsRefusal(Exception error) => error is InferenceException;

    public override TimeSpan MaxTime => TimeSpan.FromSeconds(20);

    public override long MaxAllocated => 512L * 1024 * 1024;
}
