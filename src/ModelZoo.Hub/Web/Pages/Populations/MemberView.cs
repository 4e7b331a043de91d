using System.Text.Json.Nodes;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Web.Charts;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>A setting as it was asked for and as it took effect.</summary>
public sealed record SettingLine(string Name, string Requested, string Effective)
{
    /// <summary>Asked for one thing, got another.</summary>
    public bool Differs => Requested.Length > 0 && Effective.Length > 0 && Requested != Effective;
}

/// <summary>A kept state with the scores of its epoch.</summary>
public sealed record StateLine(int Epoch, Href File, string Size, string Digest, string FullDigest, IReadOnlyList<string> Scores);

/// <summary>One member: what it is, how it went, how to get it.</summary>
public sealed record MemberView(string Id, string Stage, string Status)
{
    const int MostStates = 25;
    const int MostSettings = 80;
    const int MostChildren = 30;

    public IReadOnlyList<(string Name, string Value)> Facts { get; init; } = [];
    public IReadOnlyList<SettingLine> Settings { get; init; } = [];
    public NamedLink? Parent { get; init; }
    public IReadOnlyList<NamedLink> Children { get; init; } = [];
    public int ChildCount { get; init; }
    public Href? AllChildren { get; init; }

    /// <summary>The split whose accuracy says most.</summary>
    public string? Split { get; init; }

    /// <summary>What was made of its states.</summary>
    public IReadOnlyList<SoupLine> Soups { get; init; } = [];

    public IReadOnlyList<CurvePlot> Curves { get; init; } = [];
    public IReadOnlyList<string> ScoreNames { get; init; } = [];
    public IReadOnlyList<StateLine> States { get; init; } = [];
    public int StateCount { get; init; }
    public Href? FirstStates { get; init; }
    public Href? NextStates { get; init; }
    public IReadOnlyList<(string Label, string Text)> Commands { get; init; } = [];
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <param name="files">Of the folder of states, with sizes and digests.</param>
    internal static MemberView Of(PopulationLinks links, Population population, PopulationMember member, IReadOnlyList<FolderEntry> files, string commit, int from)
    {
        var card = member.Card;
        var children = population.Members.Where(other => other.Card.ParentId == member.Id && other != member).ToList();
        var splits = MemberTable.SplitNames([member]).Where(split => split.Length > 0).Take(5).ToList();
        var states = files.Select(file => (File: file, Epoch: PopulationLayout.FindEpoch(file.Path.Value))).Where(pair => pair.Epoch is not null).OrderByDescending(pair => pair.Epoch).ToList();
        return new(member.Id, PopulationWords.Short(card.Stage), PopulationWords.Short(member.Status))
        {
            Facts = [.. FactsOf(member)], Settings = SettingsOf(card.Requested, card.Effective),
            Parent = card.ParentId is { } parent ? new($"{PopulationWords.Short(parent)}@{card.ParentEpoch?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "best"}", links.Member(parent)) : null,
            Children = [.. children.Take(MostChildren).Select(child => new NamedLink(PopulationWords.Short(child.Id), links.Member(child.Id)))], ChildCount = children.Count,
            AllChildren = children.Count > MostChildren && PopulationLinks.Condition("parent", member.Id) is { } condition ? links.Where(condition) : null,
            Split = PopulationWords.Split(population.Members), Curves = CurvesOf(member, splits),
            ScoreNames = [.. splits.Select(split => $"{split.Replace('_', ' ')} accuracy")],
            States = [.. states.Skip(from).Take(MostStates).Select(pair => new StateLine(pair.Epoch!.Value, links.Repository.Resolve(commit, pair.File.Path.Value), Quantity.Bytes(pair.File.SizeBytes), pair.File.ContentId[..Math.Min(12, pair.File.ContentId.Length)], pair.File.ContentId, [.. splits.Select(split => member.Accuracy(pair.Epoch.Value, split) is { } score ? PopulationWords.Score(score) : "")]))],
            StateCount = states.Count, FirstStates = from > 0 ? links.Member(member.Id) : null, NextStates = from + MostStates < states.Count ? PopulationLinks.With(links.Member(member.Id), [("from", $"{from + MostStates}")]) : null,
            Commands = CommandsOf(links, member), Remarks = [.. card.Remarks.Concat(card.Flags).Take(10).Select(PopulationWords.Short)],
        };
    }

    static IEnumerable<(string Name, string Value)> FactsOf(PopulationMember member)
    {
        var card = member.Card;
        foreach (var factor in card.Factors.Take(24)) yield return (PopulationWords.Short(factor.Name), PopulationWords.Value(factor.Value));
        if (card.Seed is { } seed && !card.Factors.Any(factor => factor.Name == "seed")) yield return ("seed", $"{seed}");
        if (card.HeadSeed is { } head) yield return ("seed of the head", $"{head}");
        if (card.RootId != card.Id) yield return ("root", PopulationWords.Short(card.RootId));
        yield return ("split, for learning from weights", PopulationWords.Short(card.Split));
        if (card.Dataset is { } dataset) yield return ("data", PopulationWords.Short(dataset));
        if (card.Architecture is { } model) yield return ("architecture", $"{model.Family.ToString().ToLowerInvariant()}, {model.Image} × {model.Image} × {model.Channels}{(model.Dim > 0 ? $", width {model.Dim}, depth {model.Depth}" : "")}");
        if (card.Head is { } shape) yield return ("head", $"{shape.Kind.ToString().ToLowerInvariant()}, {shape.Out} outputs");
        if (member.Ending?.Problem is { } problem) yield return ("problem", PopulationWords.Short(problem));
    }

    /// <summary>All settings by dotted path; where both sides say the same it is said in both columns.</summary>
    internal static IReadOnlyList<SettingLine> SettingsOf(JsonNode? requested, JsonNode? effective)
    {
        var (asked, given) = (new SortedDictionary<string, string>(StringComparer.Ordinal), new SortedDictionary<string, string>(StringComparer.Ordinal));
        Flatten(requested, "", asked);
        Flatten(effective, "", given);
        return [.. asked.Keys.Union(given.Keys).Order(StringComparer.Ordinal).Take(MostSettings).Select(name => new SettingLine(PopulationWords.Short(name), asked.GetValueOrDefault(name, ""), given.GetValueOrDefault(name, "")))];
    }

    static void Flatten(JsonNode? node, string path, SortedDictionary<string, string> into)
    {
        if (into.Count >= MostSettings) return;
        switch (node)
        {
            case JsonObject map:
                foreach (var (name, value) in map.Take(MostSettings)) Flatten(value, path.Length == 0 ? name : $"{path}.{name}", into);
                break;
            case JsonArray list: into[path] = PopulationWords.Short(string.Join(", ", list.Take(12).Select(item => item?.ToString() ?? "null"))); break;
            default: into[path] = PopulationWords.Short(node?.ToString() ?? "null"); break;
        }
    }

    static List<CurvePlot> CurvesOf(PopulationMember member, List<string> splits)
    {
        var last = PopulationWords.LastEpoch(member);
        var curves = new List<CurvePlot>();
        foreach (var isLoss in (bool[])[false, true])
        {
            var lines = splits.Prepend("train").Distinct().Select(split => (Split: split, Points: (IReadOnlyList<CurvePoint>)[.. PopulationWords.Evenly(member.Records, 200).Select(record => (record.Epoch, Value: CurvesView.ValueOf(record, split, isLoss))).Where(pair => pair.Value is not null).Select(pair => new CurvePoint(pair.Epoch, pair.Value!.Value))])).Where(line => line.Points.Count > 1).ToList();
            if (lines.Count == 0) continue;
            var high = isLoss ? Math.Max(1e-6, lines.Max(line => line.Points.Max(point => point.Value)) * 1.05) : 1;
            foreach (var (line, i) in lines.Select((line, i) => (line, i)))
                curves.Add(new($"{line.Split} {(isLoss ? "loss" : "accuracy")}: {PopulationWords.Score(line.Points[0].Value)} at epoch {line.Points[0].Epoch}, {PopulationWords.Score(line.Points[^1].Value)} at epoch {line.Points[^1].Epoch}.", $"{line.Split.Replace('_', ' ')} {(isLoss ? "loss" : "accuracy")}", line.Split, last, 0, high, [],
                    [.. line.Points.Select(point => new CurveBand(point.Epoch, point.Value, point.Value, point.Value, 1))]) { Group = i });
        }
        return curves;
    }

    static IReadOnlyList<(string Label, string Text)> CommandsOf(PopulationLinks links, PopulationMember member)
    {
        if (member.LastEpoch is not { } epoch) return [];
        var (repository, id) = (SoupAdvisor.Quoted($"{links.Repository.Id}@{links.Revision}"), SoupAdvisor.Quoted(member.Id));
        var pull = $"zoo pull {repository} population --include population.json --include blueprint.yaml --include {SoupAdvisor.Quoted($"members/{member.Id}/*")}\n";
        return
        [
            ("As transformers reads it (config.json, safetensors)", $"{pull}zoo population export population --member {id} --epoch {epoch} --format hf --out {id}"),
            ("As ONNX", $"{pull}zoo population export population --member {id} --epoch {epoch} --format onnx --out {id}"),
            ("One state alone", $"hf download {SoupAdvisor.Quoted(links.Repository.Id)} --revision {SoupAdvisor.Quoted(links.Revision)} {SoupAdvisor.Quoted(PopulationLayout.Checkpoint(member.Id, epoch))}"),
        ];
    }
}
