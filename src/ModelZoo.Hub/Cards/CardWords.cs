using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Cards;

/// <summary>The words a repository is found by, and the first words of its card.</summary>
static class CardWords
{
    const int MaxWords = 2_000;
    const int SummaryLength = 240;

    /// <summary>Lower-case words with weights: name 10, tags 5, text 1 each time up to 5.</summary>
    public static IReadOnlyDictionary<string, long> Of(Repository repository, Card card, IEnumerable<string> tags)
    {
        var words = new Dictionary<string, long>();
        foreach (var word in Words.Split(repository.Name)) Add(words, word, 10);
        foreach (var tag in tags)
            foreach (var word in Words.Split(tag)) Add(words, word, 5);
        foreach (var word in Words.Split(card.Body.Length > 500_000 ? card.Body[..500_000] : card.Body))
            if (words.GetValueOrDefault(word) < 5) Add(words, word, 1);
        return words;
    }

    static void Add(Dictionary<string, long> words, string word, long weight)
    {
        if (words.ContainsKey(word) || words.Count < MaxWords) words[word] = words.GetValueOrDefault(word) + weight;
    }

    /// <summary>The first paragraph that is prose, shortened to a line or two.</summary>
    public static string Summary(string body)
    {
        foreach (var paragraph in (body.Length > 20_000 ? body[..20_000] : body).Replace("\r", "").Split("\n\n"))
        {
            var text = paragraph.Trim();
            if (text.Length < 20 || text[0] is '#' or '|' or '`' or '<' or '!' or '[' or '-' or '*' or '>') continue;
            text = string.Join(' ', text.Split((char[])['\n', ' '], StringSplitOptions.RemoveEmptyEntries)).Replace("**", "").Replace("`", "");
            return text.Length <= SummaryLength ? text : text[..SummaryLength].TrimEnd() + "…";
        }
        return "";
    }
}
