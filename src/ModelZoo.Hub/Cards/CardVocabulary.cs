using System.Text.Json;
using System.Text.RegularExpressions;

namespace ModelZoo.Hub.Cards;

/// <summary>The closed lists that cards are checked against. Shipped as data; an administrator's own ids can be added.</summary>
sealed partial class CardVocabulary
{
    public static readonly CardVocabulary Default = new(
        JsonDocument.Parse(Resource("data/cards/lists.json")).RootElement, JsonDocument.Parse(Resource("data/cards/languages.json")).RootElement);

    readonly Dictionary<string, string> _languageNames;
    readonly HashSet<string> _languageCodes;

    CardVocabulary(JsonElement lists, JsonElement languages)
    {
        Licenses = [.. Strings(lists, "licenses")];
        Libraries = new HashSet<string>(Strings(lists, "libraries"), StringComparer.OrdinalIgnoreCase);
        Modalities = Entries(lists, "pipeline_tags");
        _languageCodes = [.. Strings(languages, "codes").SelectMany(line => line.Split(' '))];
        _languageNames = new(Entries(languages, "names"), StringComparer.OrdinalIgnoreCase);
    }

    CardVocabulary(CardVocabulary known, JsonElement more)
    {
        Licenses = [.. known.Licenses.Union(Strings(more, "licenses"))];
        Libraries = new HashSet<string>(known.Libraries.Union(Strings(more, "libraries")), StringComparer.OrdinalIgnoreCase);
        var modalities = new Dictionary<string, string>(known.Modalities, StringComparer.Ordinal);
        foreach (var (tag, modality) in Entries(more, "pipeline_tags")) modalities[tag] = modality;
        Modalities = modalities;
        (_languageCodes, _languageNames) = (known._languageCodes, known._languageNames);
    }

    /// <summary>Licence ids, sorted.</summary>
    public IReadOnlyList<string> Licenses { get; }

    public IReadOnlySet<string> Libraries { get; }

    /// <summary>Pipeline tags with their modality: nlp, audio, cv, multimodal, tabular, rl, other.</summary>
    public IReadOnlyDictionary<string, string> Modalities { get; }

    /// <summary>These lists and those of a JSON file of the same shape as data/cards/lists.json.</summary>
    public CardVocabulary With(JsonElement more) => new(this, more);

    public bool IsLicense(string id) => Licenses.Contains(id);

    public bool IsPipelineTag(string tag) => Modalities.ContainsKey(tag);

    /// <summary>An ISO 639 code, a BCP 47 tag that begins with one, or one of Hugging Face's two words.</summary>
    public bool IsLanguage(string code)
    {
        if (code is "code" or "multilingual") return true;
        return LanguageShape().Match(code) is { Success: true } match && _languageCodes.Contains(match.Groups[1].Value);
    }

    /// <summary>The code of a language given by its English name.</summary>
    public string? FindLanguageByName(string name) => _languageNames.GetValueOrDefault(name.Trim());

    public string NearestLicense(string text) => Nearest(text, Licenses);

    public string NearestPipelineTag(string text) => Nearest(text, Modalities.Keys);

    static string Nearest(string text, IEnumerable<string> words) =>
        words.MinBy(word => EditDistance(Fold(text), Fold(word)))!;

    /// <summary>Compares without case and without what people put between the parts of a name.</summary>
    static string Fold(string text) =>
        new([.. text.Where(c => c is not (' ' or '-' or '_')).Take(64).Select(char.ToLowerInvariant)]);

    /// <summary>Levenshtein distance; both texts have at most 64 characters.</summary>
    static int EditDistance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++) row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[b.Length];
    }

    static string Resource(string name)
    {
        using var stream = typeof(CardVocabulary).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException($"{name} is not in the program.");
        return new StreamReader(stream).ReadToEnd();
    }

    static IEnumerable<string> Strings(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var list) ? list.EnumerateArray().Select(item => item.GetString()!) : [];

    static Dictionary<string, string> Entries(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var map) ? map.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!, StringComparer.Ordinal) : [];

    // RFC 5646, section 2.1: language, then script, region, variants; the rest of the grammar is not seen on cards.
    [GeneratedRegex("^([a-z]{2,3})(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex LanguageShape();
}
