using System.Text.Json;
using ModelZoo.Hub.Cards;

namespace ModelZoo.Tests.Cards;

public sealed class CardScoreTests
{
    public static TheoryData<string> MadeCards => [.. Directory.EnumerateFiles(CardFiles.Made, "*.md").Select(file => Path.GetFileName(file)!).Order()];

    [Theory]
    [MemberData(nameof(MadeCards))]
    public void A_made_card_scores_what_the_reference_says(string name) =>
        Compare(File.ReadAllText(Path.Combine(CardFiles.Made, name)), CardFiles.Expected(Path.Combine(CardFiles.Made, "expected-scores.json")).GetProperty(name), name);

    [Fact]
    public void Every_card_of_the_reference_folder_scores_what_the_reference_says()
    {
        if (CardFiles.FindReference() is not { } folder)
        {
            Assert.Skip("The folder with real cards of third parties (shared/data/cards) is not here; only the project's own cards were scored.");
            return;
        }
        var cards = CardFiles.Expected(Path.Combine(folder, "expected-scores.json")).EnumerateObject().ToList();
        Assert.NotEmpty(cards);
        foreach (var card in cards) Compare(File.ReadAllText(Path.Combine(folder, card.Name)), card.Value, card.Name);
    }

    [Fact]
    public void The_weights_sum_to_one_hundred()
    {
        var points = CardScore.Of(Card.Empty).Points;
        Assert.Equal(100, points.Sum(point => point.Worth));
        Assert.Equal(29, points.Count);
        Assert.All(points, point => Assert.NotEmpty(point.Advice));
    }

    [Fact]
    public void What_the_hub_knows_counts_and_is_marked()
    {
        var score = CardScore.Of(Card.Empty, new CardHubKnowledge(HasVerifiedResult: true, HasTrainingCommit: true, HasPinnedDatasets: true));
        Assert.Equal(6, score.Total);
        Assert.Equal(["results_verified", "code_commit", "datasets_pinned"], score.Points.Where(point => point.IsFromHub).Select(point => point.Id));
        var full = CardScore.Of(Card.Parse(File.ReadAllText(Path.Combine(CardFiles.Made, "full.md"))), new CardHubKnowledge(HasVerifiedResult: true));
        Assert.DoesNotContain(full.Points, point => point.IsFromHub);
        Assert.True(full.Has(["license", "out_of_scope", "results"]));
        Assert.False(score.Has(["license"]));
    }

    [Theory]
    [InlineData(100, 'A')]
    [InlineData(85, 'A')]
    [InlineData(84, 'B')]
    [InlineData(70, 'B')]
    [InlineData(69, 'C')]
    [InlineData(50, 'C')]
    [InlineData(49, 'D')]
    [InlineData(30, 'D')]
    [InlineData(29, 'E')]
    public void Grades_begin_where_the_table_says(int total, char grade) => Assert.Equal(grade, new CardScore(total, []).Grade);

    static void Compare(string readme, JsonElement expected, string name)
    {
        var card = Card.Parse(readme);
        var score = CardScore.Of(card);
        var wanted = expected.GetProperty("points").EnumerateObject().Select(point => $"{point.Name} {point.Value.GetInt32()}").Order(StringComparer.Ordinal);
        var got = score.Points.Select(point => $"{point.Id} {point.Points}").Order(StringComparer.Ordinal);
        Assert.True(wanted.SequenceEqual(got), $"{name}: wanted but not got: {string.Join(", ", wanted.Except(got))}; got: {string.Join(", ", got.Except(wanted))}");
        Assert.Equal(expected.GetProperty("score").GetInt32(), score.Total);
        Assert.Equal(expected.GetProperty("grade").GetString(), score.Grade.ToString());
        Assert.Equal(expected.GetProperty("metadata_present").GetBoolean(), !card.Metadata.IsEmpty || card.Findings.Any(finding => finding.IsError));
        var errors = expected.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("code").GetString()!).ToList();
        var found = card.Findings.Where(finding => finding.IsError).Select(finding => finding.Code == "yaml_tag" ? "yaml_syntax" : finding.Code).ToList();
        Assert.Equal(errors, found);
    }
}
