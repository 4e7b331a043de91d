namespace ModelZoo.Evaluation.Tasks;

/// <summary>Reads what stands under <c>zoo:</c>. It is ours alone, so a key that is not known is a mistake and is said.</summary>
static class ZooReader
{
    static readonly string[] s_keys =
        ["loader", "primary_metric", "primary_filter", "license", "summary", "columns", "input", "label_names", "subgroups", "canary", "limits", "scenario", "retrieval", "probe", "boxes", "chance", "program", "group", "lengths"];

    static readonly string[] s_loaders = ["jsonl", "csv", "tsv", "parquet", "text", "idx", "images", "npz", "arrow"], s_kinds = ["image", "text", "text_pair", "tensor", "audio", "tokens"],
        s_scenarios = ["single_stream", "multi_stream", "server", "offline"], s_requests = ["classification", "embedding", "regression", "detection", "generation", "loglikelihood"];

    public static ZooFields Read(TaskMap? zoo, List<TaskDefect> defects)
    {
        if (zoo is null) return new();
        Known(zoo, "zoo", s_keys);
        return new()
        {
            Loader = OneOf(zoo, "loader", s_loaders),
            PrimaryMetric = zoo.FindName("primary_metric"),
            PrimaryFilter = zoo.FindName("primary_filter"),
            License = zoo.FindName("license"),
            Summary = zoo.FindText("summary"),
            Columns = zoo.FindMap("columns") is { } columns ? columns.Entries.ToDictionary(entry => entry.Key, entry => columns.FindText(entry.Key) ?? "", StringComparer.Ordinal) : new(),
            Input = Part(zoo, "input", ["column", "pair", "kind"], input => new ZooInput(input.FindName("column"), input.FindName("pair"), OneOf(input, "kind", s_kinds) ?? "text")),
            LabelNames = zoo.FindTexts("label_names"),
            SubgroupsBy = Part(zoo, "subgroups", ["by"], subgroups => subgroups.FindName("by")),
            Canary = Part(zoo, "canary", ["margin", "hard_floor"], canary => new CanaryThresholds(canary.FindReal("margin"), canary.FindReal("hard_floor"))),
            Limits = Part(zoo, "limits", ["seconds", "memory_mb"], limits => new TaskLimits(limits.FindReal("seconds"), limits.FindReal("memory_mb"))),
            Scenario = zoo.Find("scenario") is TaskScalar ? Scenario(new TaskMap(zoo.File, zoo.Line, [new("kind", zoo.Find("scenario")!)]))
                : Part(zoo, "scenario", ["kind", "asks", "strict", "min_seconds", "min_queries", "queries_per_second", "latency_ms", "percentile", "samples_per_query"], Scenario),
            Retrieval = Part(zoo, "retrieval", ["corpus", "judgements", "corpus_id", "corpus_text", "query_id", "judgement_query", "judgement_document", "judgement_score"], Retrieval),
            Probe = OneOf(zoo, "probe", ["knn", "logistic"]),
            Boxes = Part(zoo, "boxes", ["column", "box", "class", "format"], boxes => new BoxFields(boxes.FindName("column") ?? "objects", boxes.FindName("box") ?? "bbox", boxes.FindName("class") ?? "category", OneOf(boxes, "format", ["xywh", "xyxy"]) ?? "xywh")),
            Chance = zoo.FindReal("chance"),
            Group = zoo.FindText("group"),
            Lengths = zoo.FindName("lengths"),
            Program = Part(zoo, "program", ["language", "test", "seconds"], program => Program(program, defects)),
        };
    }

    static void Known(TaskMap map, string name, string[] keys)
    {
        foreach (var entry in map.Entries)
            if (Array.IndexOf(keys, entry.Key) < 0) throw entry.Value.Wrong($"'{name}' has no '{entry.Key}'; it has {string.Join(", ", keys)}.");
    }

    static T? Part<T>(TaskMap zoo, string key, string[] keys, Func<TaskMap, T> read)
    {
        if (zoo.FindMap(key) is not { } part) return default;
        Known(part, $"zoo.{key}", keys);
        return read(part);
    }

    static string? OneOf(TaskMap map, string key, string[] words) => map.FindName(key) is not { } word ? null
        : Array.IndexOf(words, word) >= 0 ? word : throw map.At(key).Wrong($"'{key}' is one of {string.Join(", ", words)}.");

    static ScenarioFields Scenario(TaskMap scenario)
    {
        var kind = OneOf(scenario, "kind", s_scenarios) ?? throw scenario.Wrong("a scenario has a 'kind'.");
        // Eight samples a query and the 99th percentile: MLPerf's multi-stream and server.
        var fields = new ScenarioFields(kind, OneOf(scenario, "asks", s_requests) ?? "classification", scenario.FindFlag("strict") ?? false, scenario.FindReal("min_seconds"), (int?)scenario.FindWhole("min_queries"),
            scenario.FindReal("queries_per_second"), scenario.FindReal("latency_ms"), scenario.FindReal("percentile") ?? 0.99, (int)Math.Clamp(scenario.FindWhole("samples_per_query") ?? 8, 1, 1000));
        if (kind == "server" && (fields.QueriesPerSecond is not > 0 || fields.LatencyMilliseconds is not > 0)) throw scenario.Wrong("a server scenario has 'queries_per_second' and 'latency_ms'.");
        if (fields.Percentile is not (> 0 and < 1)) throw scenario.Wrong("'percentile' lies between 0 and 1.");
        return fields;
    }

    static RetrievalFields Retrieval(TaskMap retrieval) => new(
        retrieval.FindName("corpus") ?? "corpus", retrieval.FindName("judgements") ?? "qrels", retrieval.FindName("corpus_id") ?? "_id",
        retrieval.FindTexts("corpus_text") is { Count: > 0 } texts ? texts : ["title", "text"], retrieval.FindName("query_id") ?? "_id",
        retrieval.FindName("judgement_query") ?? "query-id", retrieval.FindName("judgement_document") ?? "corpus-id", retrieval.FindName("judgement_score") ?? "score");

    static ProgramFields Program(TaskMap program, List<TaskDefect> defects)
    {
        var test = program.FindText("test") ?? throw program.Wrong("a program is tested by a template, 'test'.");
        var language = OneOf(program, "language", ["python"]) ?? "python";
        try
        {
            foreach (var construct in Inference.Templates.Template.Parse(test, Inference.Templates.TemplateDialect.Task).Unsupported) defects.Add(new(program.File, program.At("test").Line, "zoo.program.test", construct.Construct, construct.Reason));
        }
        catch (Inference.Templates.TemplateException e)
        {
            defects.Add(new(program.File, program.At("test").Line, "zoo.program.test", e.Construct, e.Reason));
        }
        return new(language, test, program.FindReal("seconds") ?? 3);
    }
}
