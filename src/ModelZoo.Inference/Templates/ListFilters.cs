namespace ModelZoo.Inference.Templates;

/// <summary>Filters over lists and mappings.</summary>
static class ListFilters
{
    public static Dictionary<string, TemplateFunction> All { get; } = new()
    {
        ["batch"] = Batch,
        ["dictsort"] = DictSort,
        ["first"] = (run, call) => run.Items(call.Arguments[0], call.Line) is { Count: > 0 } items ? items[0] : new Undefined("the first item"),
        ["last"] = (run, call) => run.Items(call.Arguments[0], call.Line) is { Count: > 0 } items ? items[^1] : new Undefined("the last item"),
        ["groupby"] = GroupBy,
        ["items"] = (run, call) => call.Arguments[0] is Undefined ? new TemplateGenerator([]) : new TemplateGenerator([.. Pairs(run, call).Select(pair => new TemplateTuple([pair.Key, pair.Value]))]),
        ["join"] = Join,
        ["list"] = (run, call) => new List<object?>(run.Items(call.Arguments[0], call.Line)),
        ["map"] = Map,
        ["max"] = (run, call) => Extreme(run, call, 1),
        ["min"] = (run, call) => Extreme(run, call, -1),
        ["reject"] = (run, call) => Select(run, call, byAttribute: false, keeps: false),
        ["rejectattr"] = (run, call) => Select(run, call, byAttribute: true, keeps: false),
        ["select"] = (run, call) => Select(run, call, byAttribute: false, keeps: true),
        ["selectattr"] = (run, call) => Select(run, call, byAttribute: true, keeps: true),
        ["reverse"] = (run, call) => call.Arguments[0] is string text ? string.Concat(PythonString.Characters(text).AsEnumerable().Reverse()) : new TemplateGenerator([.. run.Items(call.Arguments[0], call.Line).Reverse()]),
        ["slice"] = Slice,
        ["sort"] = Sort,
        ["sum"] = (run, call) => run.Items(call.Takes("iterable", "attribute", "start").Arguments[0], call.Line).Select(Key(run, call, 1, null, true)).Aggregate(call.TryFind(2, "start", out var start) ? start : 0L, (sum, item) => TemplateOperators.Apply(run, "+", sum, item, call.Line)),
        ["unique"] = Unique,
    };

    static IEnumerable<KeyValuePair<object, object?>> Pairs(TemplateRun run, TemplateCall call) => call.Arguments[0] is Undefined missing ? throw TemplateRun.Missing(missing, call.Line)
        : TemplateOperators.PairsOf(call.Arguments[0]) ?? throw call.Wrong($"it takes a mapping, not {TemplateOperators.KindOf(call.Arguments[0])}.");

    /// <summary>What items are judged by: themselves, or an attribute (dots lead further down).</summary>
    static Func<object?, object?> Key(TemplateRun run, TemplateCall call, int place, object? missing, bool isCaseSensitive)
    {
        var path = call.TryFind(place, "attribute", out var attribute) ? attribute switch
        {
            null => null,
            string name => name.Split('.'),
            long index => [index.ToString(System.Globalization.CultureInfo.InvariantCulture)],
            _ => throw call.Wrong("'attribute' must be a name."),
        } : null;
        return item =>
        {
            item = TemplateOperators.Normal(item);
            if (path is not null)
            {
                foreach (var part in path)
                    item = TemplateOperators.Item(run, item, part.All(char.IsAsciiDigit) && part.Length is > 0 and < 10 ? long.Parse(part, System.Globalization.CultureInfo.InvariantCulture) : part, call.Line);
                if (item is Undefined && missing is not null) item = missing;
            }
            return !isCaseSensitive && item is string text ? PythonString.ToLower(text) : item;
        };
    }

    static string Join(TemplateRun run, TemplateCall call)
    {
        call.Takes("value", "d", "attribute");
        var key = Key(run, call, 2, null, true);
        var texts = run.Items(call.Arguments[0], call.Line).Select(object? (item) => run.Text(key(item), call.Line)).ToList();
        return TemplateMethods.Join(run, call, run.Text(call.TryFind(1, "d", out var delimiter) ? delimiter : "", call.Line), texts);
    }

    /// <summary>Jinja does not look into what is false, so that a 0 here is an empty list and no error.</summary>
    static IReadOnlyList<object?> ItemsIfAny(TemplateRun run, TemplateCall call) => run.IsTrue(call.Arguments[0], call.Line) ? run.Items(call.Arguments[0], call.Line) : [];

    static TemplateGenerator Map(TemplateRun run, TemplateCall call)
    {
        var items = ItemsIfAny(run, call);
        if (call.Arguments.Count == 1)
        {
            call.TryFind(-1, "default", out var missing);
            if (!call.TryFind(-1, "attribute", out _)) throw call.Wrong("it needs a filter or an attribute.");
            return new TemplateGenerator([.. items.Select(Key(run, call, -1, missing, true))]);
        }
        var name = call.GetText(1, "filter");
        if (!TemplateFilters.All.TryGetValue(name, out var filter)) throw call.Unsupported($"the filter '{name}' is not known.");
        return new TemplateGenerator([.. items.Select(item => filter(run, new(call.Line, $"|{name}", [TemplateOperators.Normal(item), .. call.Arguments.Skip(2)], call.Named)))]);
    }

    static TemplateGenerator Select(TemplateRun run, TemplateCall call, bool byAttribute, bool keeps)
    {
        var key = byAttribute ? Key(run, new(call.Line, call.Name, [call.Get(1, "attribute")], []), 0, null, true) : TemplateOperators.Normal;
        var skipped = byAttribute ? 2 : 1;
        TemplateFunction? test = null;
        if (call.Arguments.Count > skipped)
        {
            var name = call.GetText(skipped, "test");
            test = TemplateTests.All.TryGetValue(name, out var found) ? found : throw call.Unsupported($"the test '{name}' is not known.");
        }
        var chosen = new List<object?>();
        foreach (var item in ItemsIfAny(run, call))
        {
            var value = key(item);
            var holds = test is null ? run.IsTrue(value, call.Line) : run.IsTrue(test(run, new(call.Line, call.Name, [value, .. call.Arguments.Skip(skipped + 1)], [])), call.Line);
            if (holds == keeps) chosen.Add(item);
        }
        return new TemplateGenerator(chosen);
    }

    static List<object?> Ordered(TemplateRun run, TemplateCall call, IEnumerable<object?> items, Func<object?, object?> key, bool isReverse)
    {
        var keyed = items.Select(item => (Key: key(item), Item: item)).ToList();
        run.MadeItems(keyed.Count * 16L, call.Line);
        var comparer = Comparer<object?>.Create((a, b) => TemplateOperators.Compare(run, a, b, call.Line));
        try
        {
            return [.. (isReverse ? keyed.OrderByDescending(pair => pair.Key, comparer) : keyed.OrderBy(pair => pair.Key, comparer)).Select(pair => pair.Item)];
        }
        catch (InvalidOperationException e) when (e.InnerException is TemplateException inner)
        {
            throw inner;
        }
    }

    static List<object?> Sort(TemplateRun run, TemplateCall call)
    {
        call.Takes("value", "reverse", "case_sensitive", "attribute");
        var isCaseSensitive = call.Flag(run, 2, "case_sensitive", false);
        var keys = call.TryFind(3, "attribute", out var attribute) && attribute is string several && several.Contains(',')
            ? several.Split(',').Select(one => Key(run, new(call.Line, call.Name, [one.Trim()], []), 0, null, isCaseSensitive)).ToList()
            : [Key(run, call, 3, null, isCaseSensitive)];
        return Ordered(run, call, run.Items(call.Arguments[0], call.Line), item => keys.Count == 1 ? keys[0](item) : keys.Select(key => key(item)).ToList(), call.Flag(run, 1, "reverse", false));
    }

    static List<object?> DictSort(TemplateRun run, TemplateCall call)
    {
        call.Takes("value", "case_sensitive", "by", "reverse");
        var place = call.Text(2, "by", "key") == "key" ? 0 : 1;
        var isCaseSensitive = call.Flag(run, 1, "case_sensitive", false);
        object? By(object? item) => ((TemplateTuple)item!)[place] is string text && !isCaseSensitive ? PythonString.ToLower(text) : ((TemplateTuple)item!)[place];
        return Ordered(run, call, Pairs(run, call).Select(object? (pair) => new TemplateTuple([pair.Key, TemplateOperators.Normal(pair.Value)])), By, call.Flag(run, 3, "reverse", false));
    }

    static List<object?> GroupBy(TemplateRun run, TemplateCall call)
    {
        call.Takes("value", "attribute", "default", "case_sensitive");
        call.TryFind(2, "default", out var missing);
        var isCaseSensitive = call.Flag(run, 3, "case_sensitive", false);
        var key = Key(run, call, 1, missing, isCaseSensitive);
        var shown = Key(run, call, 1, missing, true);
        var groups = new List<(object? Key, List<object?> Items)>();
        foreach (var item in Ordered(run, call, run.Items(call.Arguments[0], call.Line), key, false))
        {
            if (groups.Count == 0 || !TemplateOperators.AreEqual(run, key(groups[^1].Items[0]), key(item), call.Line)) groups.Add((shown(item), []));
            groups[^1].Items.Add(item);
        }
        return new List<object?>(groups.Select(group => new TemplateTuple([group.Key, group.Items])));
    }

    static object? Extreme(TemplateRun run, TemplateCall call, int sign)
    {
        call.Takes("value", "case_sensitive", "attribute");
        var key = Key(run, call, 2, null, call.Flag(run, 1, "case_sensitive", false));
        var items = run.Items(call.Arguments[0], call.Line);
        if (items.Count == 0) return new Undefined("an item of an empty list");
        var best = items[0];
        foreach (var item in items.Skip(1))
            if (Math.Sign(TemplateOperators.Compare(run, key(item), key(best), call.Line)) == sign) best = item;
        return best;
    }

    static TemplateGenerator Unique(TemplateRun run, TemplateCall call)
    {
        call.Takes("value", "case_sensitive", "attribute");
        var key = Key(run, call, 2, null, call.Flag(run, 1, "case_sensitive", false));
        var (seen, chosen) = (new List<object?>(), new List<object?>());
        foreach (var item in run.Items(call.Arguments[0], call.Line))
        {
            var value = key(item) is IReadOnlyDictionary<string, object?> or TemplateMap or (IReadOnlyList<object?> and not TemplateTuple) ? throw call.Wrong("lists and mappings are not told apart.") : key(item);
            if (seen.Any(other => TemplateOperators.AreEqual(run, other, value, call.Line))) continue;
            seen.Add(value);
            chosen.Add(item);
        }
        return new TemplateGenerator(chosen);
    }

    static TemplateGenerator Batch(TemplateRun run, TemplateCall call)
    {
        var size = (int)Math.Clamp(call.Takes("value", "linecount", "fill_with").Whole(1, "linecount", 0), 0, int.MaxValue);
        if (size == 0) throw call.Wrong("'linecount' must be above 0.");
        call.TryFind(2, "fill_with", out var fill);
        var batches = run.Items(call.Arguments[0], call.Line).Chunk(size).Select(chunk => chunk.ToList()).ToList();
        if (fill is not null && batches.Count > 0)
        {
            run.MadeItems(size, call.Line);
            while (batches[^1].Count < size) batches[^1].Add(fill);
        }
        return new TemplateGenerator([.. batches]);
    }

    static TemplateGenerator Slice(TemplateRun run, TemplateCall call)
    {
        var count = (int)Math.Clamp(call.Takes("value", "slices", "fill_with").Whole(1, "slices", 0), 0, TemplateRun.MaxItems);
        if (count == 0) throw call.Wrong("'slices' must be above 0.");
        call.TryFind(2, "fill_with", out var fill);
        var items = run.Items(call.Arguments[0], call.Line);
        run.MadeItems(count, call.Line);
        var (each, longer) = (items.Count / count, items.Count % count);
        var slices = new List<object?>();
        for (int i = 0, at = 0; i < count; i++)
        {
            var size = each + (i < longer ? 1 : 0);
            var slice = items.Skip(at).Take(size).ToList();
            at += size;
            if (fill is not null && i >= longer) slice.Add(fill);
            slices.Add(slice);
        }
        return new TemplateGenerator(slices);
    }
}
