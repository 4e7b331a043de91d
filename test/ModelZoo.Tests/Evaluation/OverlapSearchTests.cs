using ModelZoo.Evaluation.Contamination;

namespace ModelZoo.Tests.Evaluation;

public sealed class OverlapSearchTests
{
    static readonly string[] s_words = [.. Enumerable.Range(0, 5000).Select(i => $"word{i}")];

    static string Text(int seed, int length)
    {
        var random = new Random(seed);
        return string.Join(' ', Enumerable.Range(0, length).Select(_ => s_words[random.Next(s_words.Length)]));
    }

    static OverlapReport Search(IEnumerable<string> items, params string[] texts) => new OverlapSearch(items).Search(texts.Select(text => new StringReader(text)), default);

    [Fact]
    public void Items_that_stand_in_the_text_are_found_whatever_their_case_and_punctuation()
    {
        var items = Enumerable.Range(0, 100).Select(i => Text(i, 20)).ToList();
        var training = $"{Text(1000, 70_000)} \"{items[7].ToUpperInvariant().Replace(" ", ",  ")}!\" {Text(1001, 900)} {string.Join('\n', items[42].Split(' ')[3..17])} {Text(1002, 9)}";
        var report = Search(items, training);
        Assert.Equal([7, 42], report.Found);
        Assert.Equal(100, report.Items);
        Assert.Equal(0.02, report.Share);
        Assert.Equal(ContaminationLevel.Weak, report.Level);
        Assert.Equal(training.Split((char[])[' ', '\n', ','], StringSplitOptions.RemoveEmptyEntries).Count(word => word.Any(char.IsLetterOrDigit)), report.Words);
    }

    [Fact]
    public void Twelve_words_in_common_are_not_enough_and_order_counts()
    {
        var words = Text(5, 13).Split(' ');
        Assert.Empty(Search([string.Join(' ', words)], string.Join(' ', words[..12]), string.Join(' ', words[1..]), string.Join(' ', words.Reverse())).Found);
        Assert.Equal([0], Search([string.Join(' ', words)], string.Join(' ', words)).Found);
    }

    [Fact]
    public void Texts_do_not_run_into_each_other_and_short_items_are_counted_apart()
    {
        var words = Text(6, 26).Split(' ');
        var report = Search([string.Join(' ', words[6..20]), "too short"], string.Join(' ', words[..13]), string.Join(' ', words[13..]));
        Assert.Empty(report.Found);
        Assert.Equal((1, 1), (report.Items, report.TooShort));
        Assert.Equal(ContaminationLevel.Strong, Search([Text(1, 14)], Text(1, 14)).Level);
        Assert.Equal(0, Search([], "text").Share);
    }
}
