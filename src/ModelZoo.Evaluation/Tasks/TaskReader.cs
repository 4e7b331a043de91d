namespace ModelZoo.Evaluation.Tasks;

/// <summary>Makes a task of a task file's values: lm-evaluation-harness's defaults (config/task.py), and what stands in the way of running it.</summary>
sealed class TaskReader
{
    /// <summary>Sorted out of a task before it is resolved: they say where it belongs, not what it is.</summary>
    static readonly string[] s_structure = ["tag", "group", "task_list", "include"];

    /// <summary>What lm-evaluation-harness knows beside what is read below, and what would make a task another one if it were left out.</summary>
    static readonly Dictionary<string, string> s_unsupported = new()
    {
        ["class"] = "the task is a Python class.",
        ["custom_dataset"] = "its data come from a Python function.",
        ["process_docs"] = "its documents are changed by a Python function.",
        ["process_results"] = "its answers are judged by a Python function.",
        ["use_prompt"] = "promptsource is not known here.",
        ["doc_to_image"] = "pictures beside a prompt are not supported.",
        ["doc_to_audio"] = "sounds beside a prompt are not supported.",
    };

    readonly TaskMap _map;
    readonly List<TaskDefect> _defects = [];

    TaskReader(TaskMap map) => _map = map;

    public static TaskDefinition Read(TaskMap map) => new TaskReader(map).Read();

    TaskDefinition Read()
    {
        var map = _map;
        FindFunctions(map, "");
        foreach (var (key, reason) in s_unsupported)
            if (map.Find(key) is { } value and not TaskFunction && value is not TaskScalar { Value: false }) Defect(value, key, key, reason);
        var outputType = ReadOutputType();
        var targetDelimiter = map.FindText("target_delimiter") ?? " ";
        var fewshotDelimiter = map.FindText("fewshot_delimiter") ?? "\n\n";
        var task = new TaskDefinition
        {
            Name = map.FindName("task") ?? throw map.Wrong("'task' is missing."),
            Alias = map.FindName("task_alias"),
            Tags = map.FindTexts("tag"),
            DatasetPath = map.Find("dataset_path") is TaskFunction ? null : map.FindText("dataset_path") is { Length: > 0 } ? map.FindName("dataset_path") : null,
            DatasetName = map.FindName("dataset_name"),
            DatasetKwargs = Mapping(map, "dataset_kwargs"),
            TrainingSplit = map.FindName("training_split"),
            ValidationSplit = map.FindName("validation_split"),
            TestSplit = map.FindName("test_split"),
            OutputType = outputType,
            NumFewshot = Count(map.FindWhole("num_fewshot"), "num_fewshot", 10_000),
            Fewshot = ReadFewshot(targetDelimiter, fewshotDelimiter),
            Description = map.Find("description") is TaskFunction ? "" : map.FindText("description") ?? "",
            DocToText = Value(map, "doc_to_text"),
            DocToTarget = Value(map, "doc_to_target"),
            DocToChoice = Value(map, "doc_to_choice"),
            TargetDelimiter = targetDelimiter,
            FewshotDelimiter = fewshotDelimiter,
            GenPrefix = map.FindText("gen_prefix"),
            Generation = outputType == OutputType.GenerateUntil ? ReadGeneration(fewshotDelimiter) : null,
            Repeats = Math.Max(1, Count(map.FindWhole("repeats"), "repeats", 1000) ?? 1),
            Filters = ReadFilters(),
            Metrics = ReadMetrics(outputType),
            ShouldDecontaminate = map.FindFlag("should_decontaminate") ?? false,
            DecontaminationQuery = map.Find("doc_to_decontamination_query") is TaskFunction ? null : map.FindText("doc_to_decontamination_query"),
            Metadata = Mapping(map, "metadata"),
            Version = (map.Find("metadata") as TaskMap)?.FindText("version"),
            Zoo = ZooReader.Read(map.FindMap("zoo"), _defects),
        };
        TaskChecks.Check(task, map, _defects);
        var resolved = TaskResolution.Of(task, map.Without(s_structure));
        return task with { Resolved = resolved, Hash = CanonicalJson.Digest(resolved), Defects = _defects };
    }

    void Defect(TaskNode at, string key, string construct, string reason) => _defects.Add(new(at.File, at.Line, key, construct, reason));

    void FindFunctions(TaskNode node, string key)
    {
        switch (node)
        {
            case TaskFunction function:
                Defect(function, key, $"!function {function.Name}", "Python functions do not run here.");
                break;
            case TaskMap map:
                foreach (var entry in map.Entries) FindFunctions(entry.Value, key.Length == 0 ? entry.Key : $"{key}.{entry.Key}");
                break;
            case TaskList list:
                foreach (var item in list.Items) FindFunctions(item, key);
                break;
        }
    }

    static Dictionary<string, object?> Mapping(TaskMap map, string key) => map.Find(key) switch
    {
        null => [],
        TaskMap inner => (Dictionary<string, object?>)inner.Plain()!,
        { } other => new() { ["_" + key] = other.Plain() },
    };

    /// <summary>A value that <c>PromptBuilder</c> applies; functions are listed elsewhere.</summary>
    static object? Value(TaskMap map, string key) => map.Find(key) is { } value and not TaskFunction ? value.Plain() : null;

    int? Count(long? number, string key, int most) => number is null ? null : number >= 0 && number <= most ? (int)number : throw _map.At(key).Wrong($"'{key}' must be from 0 to {most}.");

    OutputType ReadOutputType()
    {
        var word = _map.FindName("output_type");
        if (word is null) return OutputType.GenerateUntil;
        if (OutputTypes.TryParse(word, out var type)) return type;
        Defect(_map.At("output_type"), "output_type", word, $"the output types are {string.Join(", ", OutputTypes.Words)}.");
        return OutputType.GenerateUntil;
    }

    FewshotConfig ReadFewshot(string targetDelimiter, string fewshotDelimiter)
    {
        var given = _map.Find("fewshot_config") as TaskMap ?? new TaskMap(_map.File, _map.Line, []);
        object? Own(string key) => Value(given.Has(key) ? given : _map, key);
        var samples = given.Find("samples") is TaskList list ? list.Items.Select(item => item is TaskMap sample ? (IReadOnlyDictionary<string, object?>)sample.Plain()! : throw item.Wrong("an example is a mapping.")).ToList() : null;
        var sampler = given.Find("sampler") is TaskFunction ? "default" : given.FindName("sampler") ?? "default";
        if (sampler is not ("default" or "first_n")) Defect(given.At("sampler"), "fewshot_config.sampler", sampler, "the samplers are default and first_n.");
        if (given.Find("process_docs") is { } changed and not TaskFunction) Defect(changed, "fewshot_config.process_docs", "process_docs", s_unsupported["process_docs"]);
        var indices = given.FindItems("fewshot_indices").Select(item => item is TaskScalar { Value: long index and >= 0 and <= int.MaxValue } ? (int)index : throw item.Wrong("'fewshot_indices' are whole numbers.")).ToList();
        return new(sampler, given.FindName("split") ?? _map.FindName("fewshot_split"), samples, indices.Count == 0 ? null : indices, Own("doc_to_text"), Own("doc_to_target"), Own("doc_to_choice"),
            given.Has("gen_prefix") ? given.FindText("gen_prefix") : _map.FindText("gen_prefix"), given.FindText("target_delimiter") ?? targetDelimiter, given.FindText("fewshot_delimiter") ?? fewshotDelimiter);
    }

    GenerationOptions ReadGeneration(string fewshotDelimiter)
    {
        var given = _map.FindMap("generation_kwargs") ?? new TaskMap(_map.File, _map.Line, []);
        foreach (var entry in given.Entries)
        {
            var isKnown = entry.Key is "until" or "max_gen_toks" or "max_new_tokens" or "max_tokens" or "max_completion_tokens" or "temperature" or "do_sample" or "top_p" or "top_k"
                || (entry.Key == "num_beams" && entry.Value is TaskScalar { Value: 1L }) || entry.Value is TaskScalar { Value: null };
            if (!isKnown) Defect(entry.Value, "generation_kwargs", entry.Key, "this way to generate is not known.");
        }
        var until = given.Has("until") ? given.FindTexts("until") : [fewshotDelimiter];
        var tokens = new[] { "max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens" }.Select(given.FindWhole).FirstOrDefault(number => number is not null) ?? GenerationOptions.DefaultMaxTokens;
        if (tokens is < 1 or > 1 << 20) throw given.Wrong("the number of tokens is from 1 to 2^20.");
        var temperature = given.FindReal("temperature") ?? 0;
        var doSample = given.FindFlag("do_sample") ?? temperature > 0;
        return new([.. until.Where(text => text.Length > 0)], (int)tokens, doSample, doSample ? temperature : 0, given.FindReal("top_p") ?? 1, (int)Math.Clamp(given.FindWhole("top_k") ?? 0, 0, int.MaxValue));
    }

    List<FilterDefinition> ReadFilters()
    {
        var filters = new List<FilterDefinition>();
        foreach (var item in _map.FindItems("filter_list"))
        {
            var pipeline = item as TaskMap ?? throw item.Wrong("a filter pipeline is a mapping with 'name' and 'filter'.");
            var name = pipeline.FindName("name") ?? throw item.Wrong("a filter pipeline needs a 'name'.");
            if (filters.Any(other => other.Name == name)) throw item.Wrong($"there are two filter pipelines '{name}'.");
            var steps = new List<FilterStep>();
            foreach (var node in pipeline.FindItems("filter"))
            {
                var step = node as TaskMap ?? throw node.Wrong("a filter is a mapping with 'function'.");
                if (step.Find("function") is TaskFunction) continue;
                var function = step.FindName("function") ?? throw node.Wrong("a filter needs a 'function'.");
                if (step.Find("mapping_dict") is TaskMap mapping && mapping.Entries.Any(entry => entry.HasOtherKey)) Defect(mapping, "filter_list", "mapping_dict", "its keys must be texts in quotes: others never equal an answer.");
                steps.Add(new(function, (IReadOnlyDictionary<string, object?>)step.Without("function").Plain()!));
            }
            filters.Add(new(name, steps));
        }
        return filters.Count == 0 ? [FilterDefinition.Default] : filters;
    }

    List<MetricDefinition> ReadMetrics(OutputType type)
    {
        var metrics = new List<MetricDefinition>();
        foreach (var item in _map.FindItems("metric_list"))
        {
            var metric = item as TaskMap ?? throw item.Wrong("a metric is a mapping with 'metric'.");
            if (metric.Find("metric") is TaskFunction or null)
            {
                if (!metric.Has("metric")) throw item.Wrong("a metric needs its name, 'metric'.");
                continue;
            }
            var own = metric.Without("metric", "aggregation", "higher_is_better", "hf_evaluate");
            // Ways to compare texts change nothing where none are generated; lm-evaluation-harness passes over them there.
            if (type != OutputType.GenerateUntil) own = own.Without("ignore_case", "ignore_punctuation", "ignore_numbers", "regexes_to_ignore");
            var options = (IReadOnlyDictionary<string, object?>)own.Plain()!;
            metrics.Add(new(metric.FindName("metric")!, metric.Find("aggregation") is TaskFunction ? null : metric.FindName("aggregation"), metric.FindFlag("higher_is_better"), options));
        }
        if (metrics.Count > 0 || _map.FindItems("metric_list").Count > 0) return metrics;
        string[] names = type switch
        {
            OutputType.Loglikelihood => ["perplexity", "acc"],
            OutputType.LoglikelihoodRolling => ["word_perplexity", "byte_perplexity", "bits_per_byte"],
            OutputType.MultipleChoice => ["acc", "acc_norm"],
            OutputType.GenerateUntil => ["exact_match"],
            OutputType.Classification => ["acc"],
            OutputType.Regression => ["mae", "mse", "r2"],
            OutputType.Detection => ["map"],
            OutputType.TokenClassification => ["f1"],
            _ => [],
        };
        return [.. names.Select(name => new MetricDefinition(name, null, null, TaskDefinition.NoFields))];
    }
}
