using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Prompts;
using ModelZoo.Evaluation.Requests;
using ModelZoo.Evaluation.Tasks;
using ModelZoo.Inference.Templates;

namespace ModelZoo.Tests.Evaluation;

public sealed class TaskTests
{
    const string Start = "task: t\ndataset_path: d\ntest_split: test\n";

    static Document Doc(int index, params (string Name, object? Value)[] fields) => new(index, index.ToString(), fields.ToDictionary(field => field.Name, field => field.Value));

    static TaskLibrary Library(params (string Path, string Text)[] files) => new(new TaskTexts(files.ToDictionary(file => file.Path, file => file.Text)));

    [Fact]
    public void Defaults_are_those_of_lm_evaluation_harness()
    {
        var task = TaskLibrary.Parse(Start + "doc_to_text: q\ndoc_to_target: a\n");
        Assert.Equal(OutputType.GenerateUntil, task.OutputType);
        Assert.Equal((" ", "\n\n", 1), (task.TargetDelimiter, task.FewshotDelimiter, task.Repeats));
        Assert.Equal(["\n\n"], task.Generation!.Until);
        Assert.Equal((256, false, 0.0), (task.Generation.MaxTokens, task.Generation.DoSample, task.Generation.Temperature));
        Assert.Equal(["exact_match"], task.Metrics.Select(metric => metric.Name));
        Assert.Equal(["none"], task.Filters.Select(filter => filter.Name));
        Assert.Equal(["perplexity", "acc"], TaskLibrary.Parse(Start + "output_type: loglikelihood\ndoc_to_text: q\ndoc_to_target: a\n").Metrics.Select(metric => metric.Name));
        Assert.True(task.IsRunnable, string.Join("\n", task.Defects));
    }

    [Fact]
    public void The_hash_covers_what_is_asked_and_nothing_that_is_merely_written_otherwise()
    {
        var one = TaskLibrary.Parse(Start + "doc_to_text: q\ndoc_to_target: a\nmetadata: {version: 1.0}\n");
        var same = TaskLibrary.Parse("# words\ndoc_to_target: 'a'\ndoc_to_text: \"q\"\ntest_split: test\ntarget_delimiter: ' '\ntag: x\nrepeats: 1\ndataset_path: d\nmetadata: {version: 1.0}\ntask: t\n");
        var other = TaskLibrary.Parse(Start + "doc_to_text: q\ndoc_to_target: a\ntarget_delimiter: ''\nmetadata: {version: 1.0}\n");
        Assert.Equal(one.Hash, same.Hash);
        Assert.NotEqual(one.Hash, other.Hash);
        Assert.Equal("""{"a":["\u007f",1,1.0,1e-07,"é😀",null,true],"b":{}}""".Replace("\\u007f", "\u007f"), CanonicalJson.Write(new Dictionary<string, object?> { ["b"] = new Dictionary<string, object?>(), ["a"] = new List<object?> { "\u007f", 1L, 1.0, 1e-7, "é😀", null, true } }));
    }

    [Fact]
    public void Includes_are_under_what_a_file_says_itself()
    {
        var library = Library(("a/base", "dataset_path: d\ntest_split: x\ndoc_to_text: q\ndoc_to_target: a\n"), ("a/b/task.yaml", "include: ../base\ntask: one\ntest_split: test\n"), ("loop.yaml", "include: loop.yaml\ntask: l\n"), ("out.yaml", "include: ../../etc/passwd\ntask: o\n"), ("none.yaml", "include: nothing\ntask: n\n"));
        Assert.Equal("test", library.FindTask("one")!.TestSplit);
        Assert.Equal(3, library.Problems.Count);
        Assert.Contains(library.Problems, problem => problem.Message.Contains("includes itself"));
        Assert.Contains(library.Problems, problem => problem.Message.Contains("out of the folder"));
    }

    [Fact]
    public void Groups_take_tasks_groups_and_tags_and_hand_their_overrides_down()
    {
        var body = "dataset_path: d\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\n";
        var library = Library(("a.yaml", $"task: a\ntag: x\n{body}"), ("b.yaml", $"task: b\ntag: [x, y]\n{body}"),
            ("g.yaml", "group: g\nnum_fewshot: 3\ntask:\n  - b\n  - {task: a, num_fewshot: 1}\n  - {group: inner, task: [x], num_fewshot: 2}\naggregate_metric_list: {metric: acc}\n"), ("self.yaml", "group: s\ntask: [s]\n"));
        var group = library.FindGroup("g")!;
        Assert.Equal(["b", "a", "g::inner"], group.Members.Select(member => member.Name));
        Assert.Equal([3, 1], group.Members.Take(2).Select(member => member.Task!.NumFewshot!.Value));
        Assert.Equal([3, 3], group.Members[2].Group!.Members.Select(member => member.Task!.NumFewshot!.Value));
        Assert.True(Assert.Single(group.Metrics).WeightBySize);
        Assert.Equal(["a", "b"], library.GetTasks("x").Select(task => task.Name));
        Assert.Throws<EvaluationException>(() => library.FindGroup("s"));
    }

    [Fact]
    public void What_cannot_run_is_named_with_its_line_and_never_run()
    {
        var task = TaskLibrary.Parse(Start + "process_docs: !function utils.process\ndoc_to_text: \"{% import 'x' %}{{a|xmlattr}}\"\ndoc_to_target: a\nfilter_list:\n  - {name: f, filter: [{function: regex, regex_pattern: '(?(1)a)'}]}\nmetric_list: [{metric: nonsense_score}]\n");
        Assert.Contains(task.Defects, defect => defect is { Construct: "!function utils.process", Line: 4, Key: "process_docs" });
        Assert.Contains(task.Defects, defect => defect is { Construct: "{% import %}", Line: 5 });
        Assert.Contains(task.Defects, defect => defect.Construct == "|xmlattr");
        Assert.Contains(task.Defects, defect => defect is { Key: "filter_list", Line: 7 or 8 });
        Assert.Contains(task.Defects, defect => defect.Construct == "nonsense_score");
        Assert.Throws<EvaluationException>(() => new PromptBuilder(task, new()));
    }

    [Theory]
    [InlineData("a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e]\n")]
    [InlineData("task: &a [*a]\n")]
    [InlineData("task: !!python/object/apply:os.system [ls]\n")]
    [InlineData("task: !file x\n")]
    [InlineData("[1, 2")]
    [InlineData("- a\n- b\n")]
    [InlineData("")]
    [InlineData("task: a\n---\ntask: b\n")]
    [InlineData("task: [a, b]\n")]
    public void Hostile_and_broken_files_are_refused(string text) => Assert.Throws<EvaluationException>(() => TaskLibrary.Parse(text));

    [Fact]
    public void Deep_files_are_refused() => Assert.Throws<EvaluationException>(() => TaskLibrary.Parse("task: " + new string('[', 5000)));

    [Fact]
    public void Examples_are_drawn_as_CPython_draws_them_whichever_document_comes_first()
    {
        var task = TaskLibrary.Parse(Start + "fewshot_split: train\nnum_fewshot: 2\ndoc_to_text: q\ndoc_to_target: a\n");
        var pool = Enumerable.Range(0, 30).Select(i => Doc(i, ("q", $"Q{i}"), ("a", $"A{i}"))).ToList();
        string Of(int index, PromptBuilder builder) => ((GenerationRequest)builder.Build(Doc(index, ("q", $"T{index}"), ("a", "x"))).Requests[0]).Context;
        var (one, other) = (new PromptBuilder(task, new(), pool), new PromptBuilder(task, new(), pool));
        var third = Of(2, one);
        Assert.Equal(Of(0, other), Of(0, one));
        Assert.Equal(third, Of(2, other));
        // python3: r = random.Random(1234); [r.sample(range(30), 2) for _ in range(3)] == [[24, 14], [3, 0], [2, 29]]
        Assert.Equal("Q24 A24\n\nQ14 A14\n\nT0", Of(0, one));
        Assert.Equal("Q3 A3\n\nQ0 A0\n\nT1", Of(1, one));
        Assert.Equal("Q2 A2\n\nQ29 A29\n\nT2", third);
    }

    [Fact]
    public void A_document_is_never_its_own_example()
    {
        var task = TaskLibrary.Parse(Start + "fewshot_split: test\nnum_fewshot: 4\ndoc_to_text: q\ndoc_to_target: a\n");
        var pool = Enumerable.Range(0, 5).Select(i => Doc(i, ("q", $"Q{i}"), ("a", $"A{i}"))).ToList();
        var builder = new PromptBuilder(task, new(), pool);
        foreach (var document in pool) Assert.DoesNotContain($"A{document.Index}", ((GenerationRequest)builder.Build(document).Requests[0]).Context);
        Assert.Throws<EvaluationException>(() => new PromptBuilder(task, new() { NumFewshot = 5 }, pool));
    }

    [Fact]
    public void Several_inputs_share_one_continuation()
    {
        var task = TaskLibrary.Parse(Start + """
            output_type: multiple_choice
            doc_to_text: "{{ {'1': 0, '2': 1}[answer] }}"
            doc_to_choice: "{{ [sentence[:sentence.index('_')] ~ option1, sentence[:sentence.index('_')] ~ option2] }}"
            doc_to_target: "{{ sentence[sentence.index('_') + 1:].strip() }}"
            """);
        var prompt = (ChoicePrompt)new PromptBuilder(task, new()).Build(Doc(0, ("sentence", "The cup fell, as _ was full."), ("option1", "it"), ("option2", "she"), ("answer", "2")));
        Assert.Equal([new LikelihoodRequest("The cup fell, as it", " was full."), new LikelihoodRequest("The cup fell, as she", " was full.")], prompt.Requests.Cast<LikelihoodRequest>());
        Assert.Equal([1], prompt.Golds);
    }

    [Fact]
    public void Chat_turns_come_as_one_message_or_as_many()
    {
        var task = TaskLibrary.Parse(Start + "output_type: multiple_choice\ndescription: Be right.\nnum_fewshot: 1\nfewshot_config: {samples: [{q: one, a: 1}]}\ndoc_to_text: q\ndoc_to_target: a\ndoc_to_choice: [x, y]\nmetric_list: [{metric: acc_mutual_info}]\n");
        string Chat(IReadOnlyList<ChatMessage> messages, bool opens) => string.Concat(messages.Select(message => $"<{message.Role}>{message.Content}")) + (opens ? "<assistant>" : "");
        var document = Doc(0, ("q", "two"), ("a", 0L));
        var plain = new PromptBuilder(task, new()).Build(document).Requests.Cast<LikelihoodRequest>().ToList();
        Assert.Equal(("Be right.one y\n\ntwo", " x"), (plain[0].Context, plain[0].Continuation));
        Assert.Equal([("", " x"), ("", " y")], plain[2..].Select(request => (request.Context, request.Continuation)));
        var single = (LikelihoodRequest)new PromptBuilder(task, new() { Chat = Chat }).Build(document).Requests[0];
        Assert.Equal(("<system>Be right.<user>one y\n\ntwo<assistant>", "x"), (single.Context, single.Continuation));
        var several = (LikelihoodRequest)new PromptBuilder(task, new() { Chat = Chat, FewshotAsMultiturn = true }).Build(document).Requests[0];
        Assert.Equal("<system>Be right.<user>one<assistant>y<user>two<assistant>", several.Context);
    }

    [Fact]
    public void Regular_expressions_that_explode_are_refused()
    {
        var task = TaskLibrary.Parse(Start + "doc_to_text: q\ndoc_to_target: a\nfilter_list: [{name: f, filter: [{function: regex, regex_pattern: '(a+)+$'}, {function: take_first}]}]\n");
        var prompt = new PromptBuilder(task, new()).Build(Doc(0, ("q", "x"), ("a", "y")));
        var refused = Assert.Throws<EvaluationException>(() => prompt.Judge([new TextAnswer(new string('a', 5000) + "b")]));
        Assert.Contains("too many steps", refused.Message);
    }
}
