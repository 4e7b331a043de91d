using System.Text.RegularExpressions;

namespace ModelZoo.Hub.Cards;

/// <summary>Small things that a card's text shows or does not show. Every pattern is linear in the text.</summary>
static partial class CardSigns
{
    /// <summary>An address, a place to raise issues (a repository on a forge has one), or the word itself.</summary>
    public static bool NamesContact(string text) => ContactPattern().IsMatch(text);

    public static bool CitesAPaper(string text) => CitationPattern().IsMatch(text);

    public static bool NamesHyperparameters(string text) => HyperparameterPattern().IsMatch(text);

    public static bool HasEnergyFigure(string text) => EnergyPattern().IsMatch(text);

    public static bool HasCommit(string text) => CommitPattern().IsMatch(text);

    public static bool SaysFromScratch(string text) => ScratchPattern().IsMatch(text);

    public static bool StatesCarbon(string text) => CarbonPattern().IsMatch(text);

    public static bool SpeaksOfTonnes(string text) => TonnesPattern().IsMatch(text);

    public static bool NamesHardware(string text) => HardwarePattern().IsMatch(text);

    public static bool NamesHours(string text) => HoursPattern().IsMatch(text);

    public static bool NamesProvider(string text) => ProviderPattern().IsMatch(text);

    public static bool NamesRegion(string text) => RegionPattern().IsMatch(text);

    const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking;

    [GeneratedRegex(@"[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}|(github|gitlab|codeberg|bitbucket)\.(com|org)/|/issues\b|\bissue tracker\b|\bcontact\b", Options)]
    private static partial Regex ContactPattern();

    [GeneratedRegex(@"\bbibtex\b|@[a-z]+\{|\barxiv\b|\bdoi\.org/|\bdoi:|\b10\.[0-9]{4,9}/", Options)]
    private static partial Regex CitationPattern();

    [GeneratedRegex(@"learning[ _-]rate|batch[ _-]size|weight[ _-]decay|\boptimi[sz]er|\bepochs?\b", Options)]
    private static partial Regex HyperparameterPattern();

    [GeneratedRegex(@"[0-9]\s*(k|m|g)wh\b|[0-9]\s*(k|m|g|t|p|e|z|y)?flops?\b", Options)]
    private static partial Regex EnergyPattern();

    [GeneratedRegex(@"\b[0-9a-f]{40}\b", Options)]
    private static partial Regex CommitPattern();

    [GeneratedRegex(@"\bfrom scratch\b", Options)]
    private static partial Regex ScratchPattern();

    [GeneratedRegex(@"\bcarbon emitted\b[^\n]{0,200}co2", Options)]
    private static partial Regex CarbonPattern();

    [GeneratedRegex(@"\b[0-9.,]*[0-9]\s*(t|tons?|tonnes?|metric tons?)\b[^\n]{0,20}co2|\btco2|\btonnes?\b[^\n]{0,20}\b(co2|carbon)", Options)]
    private static partial Regex TonnesPattern();

    [GeneratedRegex(@"\bhardware (type|used)\b", Options)]
    private static partial Regex HardwarePattern();

    [GeneratedRegex(@"\bhours used\b|\bgpu[ -]hours\b", Options)]
    private static partial Regex HoursPattern();

    [GeneratedRegex(@"\bcloud provider\b", Options)]
    private static partial Regex ProviderPattern();

    [GeneratedRegex(@"\bcompute region\b", Options)]
    private static partial Regex RegionPattern();
}
