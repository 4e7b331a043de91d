using ModelZoo.Inference.Tokenizers;

namespace ModelZoo.Inference.Generation;

/// <summary>Text from tokens that arrive one by one. Holds back what is no whole character yet, and what may be the beginning of a stop text.</summary>
public sealed class TextAssembler(Tokenizer tokenizer, IReadOnlyList<string> stops)
{
    readonly List<int> _ids = [];
    string _held = "";
    int _prefix, _read;

    /// <summary>A stop text was met; nothing comes after it.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>The token before the first: with it a tokenizer knows whether a blank leads what follows. It is not shown itself.</summary>
    public void Follow(int id)
    {
        // Half a character would be completed by what follows, and then nothing of it shown.
        if (_ids.Count > 0 || tokenizer.Decode([id]).EndsWith('\uFFFD')) return;
        _ids.Add(id);
        _read = 1;
    }

    /// <summary>What can be shown now.</summary>
    public string Add(int id)
    {
        _ids.Add(id);
        // How a token reads depends on the few before it (a blank, an accent), so two stretches are decoded and compared.
        var before = tokenizer.Decode(_ids.Skip(_prefix).Take(_read - _prefix));
        var now = tokenizer.Decode(_ids.Skip(_prefix));
        if (now.EndsWith('\uFFFD') || now.Length <= before.Length) return "";
        (_prefix, _read) = (_read, _ids.Count);
        return Release(now[before.Length..]);
    }

    string Release(string text)
    {
        text = _held + text;
        _held = "";
        var end = stops.Select(stop => text.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(-1).Min();
        if (end >= 0)
        {
            IsStopped = true;
            return text[..end];
        }
        var held = stops.Select(stop => Enumerable.Range(1, Math.Min(stop.Length - 1, text.Length)).LastOrDefault(n => text.EndsWith(stop[..n], StringComparison.Ordinal))).DefaultIfEmpty(0).Max();
        _held = text[^held..];
        return text[..^held];
    }

    /// <summary>What is left when no more tokens come.</summary>
    public string Finish()
    {
        if (IsStopped) return "";
        var before = tokenizer.Decode(_ids.Skip(_prefix).Take(_read - _prefix));
        var now = tokenizer.Decode(_ids.Skip(_prefix));
        _read = _prefix = _ids.Count;
        var rest = Release(now.Length > before.Length ? now[before.Length..] : "");
        (rest, _held) = (rest + (IsStopped ? "" : _held), "");
        return rest;
    }
}
