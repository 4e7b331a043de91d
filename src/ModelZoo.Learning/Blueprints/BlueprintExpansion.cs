using System.Security.Cryptography;
using System.Text;
using ModelZoo.Learning.Randomness;
using ModelZoo.Learning.Yaml;

namespace ModelZoo.Learning.Blueprints;

/// <summary>Enumerates the members of a blueprint: parents × factors × seeds for each stage, the last axis fastest.</summary>
sealed class BlueprintExpansion(Blueprint blueprint, Func<BlueprintDataset, DatasetFacts?>? facts)
{
    /// <summary>Most members of a population, whatever its budget: the largest published one has 50,360.</summary>
    public const int MaxMembers = 100_000;

    /// <summary>Most assignments that are looked at over all stages, those included that are then excluded.</summary>
    const long MaxLookedAt = 4 * MaxMembers;

    readonly List<Member> _members = [];
    readonly Dictionary<string, Member> _byId = new(StringComparer.Ordinal);
    Int128 _lookedAt;

    public IReadOnlyList<Member> Run()
    {
        foreach (var stage in blueprint.Stages)
        {
            Expand(stage);
            // After each stage: what is too much already is not multiplied further.
            if (_members.Count > blueprint.Budget.MaxMembers)
                throw new RecipeException(0, "budget.max_members", $"the blueprint makes {_members.Count} members{(stage == blueprint.Stages[^1] ? "" : $" up to stage '{stage.Name}'")}; the budget allows {blueprint.Budget.MaxMembers}.");
        }
        return _members;
    }

    void Expand(BlueprintStage stage)
    {
        var parents = stage.From is { } from ? Parents(from) : [null];
        RequireSense(stage, parents.Count);
        var cell = 0L;
        var made = 0;
        ParentState? parent = null;
        foreach (var each in parents)
        {
            parent = each;
            Walk(0, -1, []);
        }
        if (made == 0) throw stage.Place.Wrong("nothing is left of this stage: every assignment is excluded.");

        void Walk(int at, int draw, List<(string Factor, YamlNode Value)> assigned)
        {
            if (at == stage.Factors.Count)
            {
                Finish(assigned);
                return;
            }
            switch (stage.Factors[at])
            {
                case ListFactor list:
                    foreach (var value in list.Values) Walk(at + 1, draw, [.. assigned, (list.Name, value)]);
                    break;
                case RandomFactor random when draw < 0:
                    // All random factors share one axis, which stands where the first of them does.
                    for (var i = 0; i < stage.Sample; i++) Walk(at + 1, i, [.. assigned, (random.Name, random.Draw(stage.Name, blueprint.Seed, i))]);
                    break;
                case RandomFactor random:
                    Walk(at + 1, draw, [.. assigned, (random.Name, random.Draw(stage.Name, blueprint.Seed, draw))]);
                    break;
                case ConditionalFactor conditional:
                    if (Conditions.Hold(conditional.When, assigned, null, stage.Defaults))
                        foreach (var value in conditional.Values) Walk(at + 1, draw, [.. assigned, (conditional.Name, value)]);
                    else if (conditional.Else is { } other) Walk(at + 1, draw, [.. assigned, (conditional.Name, other)]);
                    else Walk(at + 1, draw, assigned);
                    break;
                case ZipFactor:
                    Walk(at + 1, draw, assigned);
                    break;
            }
        }

        void Finish(List<(string Factor, YamlNode Value)> assigned)
        {
            var zipped = assigned.ToList();
            foreach (var zip in stage.Factors.OfType<ZipFactor>())
            {
                var along = (ListFactor)stage.Factors.First(factor => factor.Name == zip.Along);
                var value = assigned.First(each => each.Factor == zip.Along).Value;
                zipped.Add((zip.Name, zip.Values[along.Values.TakeWhile(each => !ReferenceEquals(each, value)).Count()]));
            }
            for (var repeat = 0; repeat < stage.Seeds.Count; repeat++)
            {
                var seed = stage.Seeds.Fresh > 0 ? Fresh(stage, cell, repeat) : stage.Seeds.Listed[repeat];
                var settings = new Settings(stage.Defaults);
                foreach (var (factor, value) in zipped) Assignment.Apply(factor, value, settings, blueprint.Datasets, blueprint.Architectures);
                if (stage.Exclude.Any(rule => Conditions.Hold(rule, zipped, seed, settings))) continue;
                Add(Make(stage, parent, zipped, seed, settings, made++));
            }
            cell++;
        }
    }

    ulong Fresh(BlueprintStage stage, long cell, int repeat) =>
        RandomSource.At(blueprint.Seed ^ Fnv1a64.Hash($"blueprint/{stage.Name}/seed"), (ulong)cell * (ulong)stage.Seeds.Fresh + (ulong)repeat + 1) >> 32;

    Member Make(BlueprintStage stage, ParentState? parent, IReadOnlyList<(string Factor, YamlNode Value)> assigned, ulong seed, Settings settings, int index)
    {
        var effective = new EffectiveSettings(blueprint, stage, settings, seed, parent, facts ?? (_ => null)).Resolve();
        return new()
        {
            Id = $"{stage.Name}-{Hash(effective, seed, parent)[..12]}",
            Stage = stage.Name,
            Index = index,
            Seed = seed,
            HeadSeed = effective.HeadSeed,
            Factors = [.. assigned.SelectMany(Spread), new("seed", (long)seed)],
            Requested = settings,
            Effective = effective.Settings,
            Remarks = effective.Remarks,
            Parent = parent,
            Architecture = effective.Architecture,
            Head = effective.Head,
            Dataset = effective.Dataset,
            DatasetFacts = effective.Facts,
        };
    }

    /// <summary>Everything that makes the member what it is, and nothing else: neither the names of factors nor settings left at their default.</summary>
    static string Hash(EffectiveSettings effective, ulong seed, ParentState? parent)
    {
        var factors = effective.Settings.ToMap(path => path is not ("dataset" or "architecture") && !path.StartsWith("architecture.", StringComparison.Ordinal) && !effective.Settings.IsDefault(path));
        factors["seed"] = (long)seed;
        var identity = new SortedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["arch"] = effective.Settings.ToMap(path => path.StartsWith("architecture.", StringComparison.Ordinal) && !effective.Settings.IsDefault(path)).GetValueOrDefault("architecture"),
            ["datasets"] = new object[] { effective.Dataset.Id },
            ["factors"] = factors,
            ["parent"] = parent?.Member.Id,
            ["parent_epoch"] = parent is null ? null : parent.Epoch is { } epoch ? (long)epoch : "best",
        };
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalJson.Write(identity))));
    }

    void Add(Member member)
    {
        if (_byId.TryAdd(member.Id, member))
        {
            _members.Add(member);
            return;
        }
        var other = _byId[member.Id];
        var ineffective = member.Remarks.Concat(other.Remarks).Where(remark => remark.Contains("has no effect", StringComparison.Ordinal)).Distinct().ToList();
        throw blueprint.Stages.First(stage => stage.Name == member.Stage).Place.Wrong(
            $"{other.Label} and {member.Label} are the same member{(ineffective.Count > 0 ? $" ({string.Join(" ", ineffective)})" : "")}; exclude one of them.");
    }

    List<ParentState?> Parents(ParentChoice from)
    {
        var states = new List<ParentState?>();
        foreach (var member in from.Stages.SelectMany(name => _members.Where(member => member.Stage == name)))
        {
            if (from.Where is { } where && !Conditions.Hold(where, Parsed(member), member.Seed, member.Requested)) continue;
            if (from.Checkpoint == "best") states.Add(new(member, null));
            else if (from.Checkpoint == "last") states.Add(new(member, member.Epochs));
            else if (from.Checkpoint == "all") states.AddRange(blueprint.Checkpoints.EpochsOf(member.Epochs).Select(epoch => new ParentState(member, epoch)));
            else
                foreach (var epoch in from.Epochs)
                    states.Add(blueprint.Checkpoints.EpochsOf(member.Epochs).Contains(epoch) ? new(member, epoch)
                        : throw from.Place.Wrong($"no state of {member.Id} is kept at epoch {epoch}; it keeps {string.Join(", ", blueprint.Checkpoints.EpochsOf(member.Epochs))}."));
        }
        return states.Count > 0 ? states : throw (from.Where ?? from.Place).Wrong("no member of the named stages matches, so there is nothing to start from.");
    }

    static List<(string, YamlNode)> Parsed(Member member) =>
        [.. member.Factors.Where(factor => factor.Name != "seed").Select(factor => (factor.Name, (YamlNode)new YamlScalar(0, factor.Name, factor.Value as string ?? CanonicalJson.Write(factor.Value), factor.Value)))];

    void RequireSense(BlueprintStage stage, int parents)
    {
        // Counted before anything is enumerated, so that a short text cannot keep the machine busy for ever.
        Int128 cells = 1;
        var hasRandom = false;
        foreach (var factor in stage.Factors)
        {
            if (factor is ListFactor list) cells *= list.Values.Count;
            else if (factor is ConditionalFactor conditional) cells *= Math.Max(1, conditional.Values.Count);
            else if (factor is RandomFactor && !hasRandom)
            {
                cells *= stage.Sample;
                hasRandom = true;
            }
            if (cells > MaxMembers) break;
        }
        var members = cells * parents * stage.Seeds.Count;
        var limit = Math.Max(MaxMembers, blueprint.Budget.MaxMembers);
        if (members > limit)
            throw stage.Place.Wrong($"the stage multiplies to {(members > long.MaxValue || cells > MaxMembers ? $"more than {limit}" : members.ToString())} members ({parents} parents × {(cells > MaxMembers ? "many" : cells.ToString())} cells × {stage.Seeds.Count} seeds); at most {limit} are made.");
        _lookedAt += members;
        if (_lookedAt > MaxLookedAt) throw stage.Place.Wrong($"the stages up to this one multiply to more than {MaxLookedAt} assignments; at most so many are looked at.");
    }

    static IEnumerable<MemberFactor> Spread((string Factor, YamlNode Value) assigned) => assigned.Value switch
    {
        YamlScalar scalar => [new(assigned.Factor, scalar.Value)],
        YamlMap map => map.Entries.Select(entry => new MemberFactor($"{assigned.Factor}.{entry.Name}", entry.Value is YamlScalar scalar ? scalar.Value : entry.Value.Shown)),
        var other => [new(assigned.Factor, other.Shown)],
    };
}
