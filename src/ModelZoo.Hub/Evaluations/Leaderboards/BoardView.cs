using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>An entry with its rank; equal values share one, and the next is skipped.</summary>
readonly record struct RankedEntry(int Rank, BoardEntry Entry);

/// <summary>A value that a board can be narrowed by, with how many models have it.</summary>
sealed record BoardFacet(string Value, int Count);

/// <summary>What one actor sees of a board under one request.</summary>
sealed class BoardView
{
    BoardView(Board board, BoardRequest request, Setting setting) => (Board, Request, Setting) = (board, request, setting);

    public Board Board { get; }

    public BoardRequest Request { get; }

    public Setting Setting { get; }

    /// <summary>Best first, one for each model.</summary>
    public IReadOnlyList<RankedEntry> Ranked { get; private set; } = [];

    /// <summary>Shown, but never ranked, with the reason.</summary>
    public IReadOnlyList<BoardEntry> Unranked { get; private set; } = [];

    public IReadOnlyList<BoardFacet> Sizes { get; private set; } = [];

    public IReadOnlyList<BoardFacet> Licences { get; private set; } = [];

    public IReadOnlyList<BoardFacet> Architectures { get; private set; } = [];

    /// <summary>Entries of other settings, which this board does not rank.</summary>
    public int Elsewhere { get; private set; }

    /// <summary>Rank ranges that were asked for, by place.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<int, (int Best, int Worst)?> Ranges { get; } = new();

    const int MostUnranked = 200;

    public static BoardView Of(Board board, BoardRequest request, VisibleScores visible)
    {
        var setting = board.Settings.FirstOrDefault(one => one.Setting.Id == request.Setting).Setting ?? board.Settings[0].Setting;
        var view = new BoardView(board, request, setting);
        var words = request.Words?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        var (chosen, unranked, elsewhere) = (new Dictionary<long, int>(), new List<BoardEntry>(), 0);
        var (sizes, licences, architectures) = (new Dictionary<string, int>(), new Dictionary<string, int>(), new Dictionary<string, int>());
        var picks = new List<BoardEntry>(board.Entries.Count);
        var counted = new HashSet<long>();
        foreach (var entry in board.Entries)
        {
            var model = entry.Model;
            if (!visible.Shows(model)) continue;
            if (!setting.Admits(entry.Score))
            {
                elsewhere++;
                continue;
            }
            if (request.VerifiedOnly && !entry.IsVerified || request.BaseOnly && model.IsDerived) continue;
            if (words.Length > 0 && !words.All(word => model.FullName.Contains(word, StringComparison.OrdinalIgnoreCase))) continue;
            var size = model.Parameters is { } parameters ? SizeBucket.Of(parameters) : null;
            var (ofSize, ofLicence, ofArchitecture) = (request.Size is null || request.Size == size, request.Licence is null || request.Licence == model.Licence, request.Architecture is null || request.Architecture == model.Architecture);
            if (entry.Obstacle is null && counted.Add(model.Repository.Id))
            {
                // Each list of values counts what the other filters leave.
                if (size is not null && ofLicence && ofArchitecture) sizes[size] = sizes.GetValueOrDefault(size) + 1;
                if (model.Licence is { } licence && ofSize && ofArchitecture) licences[licence] = licences.GetValueOrDefault(licence) + 1;
                if (model.Architecture is { } architecture && ofSize && ofLicence) architectures[architecture] = architectures.GetValueOrDefault(architecture) + 1;
            }
            if (!ofSize || !ofLicence || !ofArchitecture) continue;
            if (entry.Obstacle is not null)
            {
                if (unranked.Count < MostUnranked) unranked.Add(entry);
                continue;
            }
            if (!chosen.TryGetValue(model.Repository.Id, out var at))
            {
                chosen[model.Repository.Id] = picks.Count;
                picks.Add(entry);
            }
            else if (IsPreferred(entry, picks[at], request.Latest)) picks[at] = entry;
        }
        view.Ranked = Rank(board, picks, isSorted: !request.Latest);
        (view.Unranked, view.Elsewhere) = (unranked, elsewhere);
        view.Sizes = [.. SizeBucket.All.Where(sizes.ContainsKey).Select(size => new BoardFacet(size, sizes[size]))];
        (view.Licences, view.Architectures) = (Ordered(licences), Ordered(architectures));
        return view;
    }

    /// <summary>Verified before anything else; then the later, where the latest is wanted. Of equal standing the better one came first.</summary>
    static bool IsPreferred(BoardEntry entry, BoardEntry than, bool latest)
    {
        if (latest) return entry.Score.MeasuredAt > than.Score.MeasuredAt;
        return entry.IsVerified && !than.IsVerified;
    }

    static List<RankedEntry> Rank(Board board, List<BoardEntry> picks, bool isSorted)
    {
        var isOrdered = isSorted;
        for (var i = 1; i < picks.Count && isOrdered; i++) isOrdered = board.HigherIsBetter ? picks[i].Value <= picks[i - 1].Value : picks[i].Value >= picks[i - 1].Value;
        IEnumerable<BoardEntry> sorted = isOrdered ? picks : board.HigherIsBetter ? picks.OrderByDescending(entry => entry.Value) : picks.OrderBy(entry => entry.Value);
        var ranked = new List<RankedEntry>(picks.Count);
        foreach (var entry in sorted)
            ranked.Add(new(ranked.Count > 0 && ranked[^1].Entry.Value == entry.Value ? ranked[^1].Rank : ranked.Count + 1, entry));
        return ranked;
    }

    static List<BoardFacet> Ordered(Dictionary<string, int> counts) =>
        [.. counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(20).Select(pair => new BoardFacet(pair.Key, pair.Value))];
}
