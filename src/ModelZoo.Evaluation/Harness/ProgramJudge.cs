using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Prompts;
using ModelZoo.Evaluation.Requests;
using ModelZoo.Evaluation.Tasks;
using ModelZoo.Inference.Templates;

namespace ModelZoo.Evaluation.Harness;

/// <summary>Runs each generated program with the tests of its problem; what passes is counted.</summary>
sealed class ProgramJudge : Completion
{
    readonly ProgramFields _fields;
    readonly ProgramSandbox _sandbox;
    readonly Template _test;

    public ProgramJudge(ProgramFields fields, ProgramSandbox sandbox)
    {
        (_fields, _sandbox) = (fields, sandbox);
        if (fields.Language != "python") throw new EvaluationException($"Programs in '{fields.Language}' are not run; python is.");
        _test = Template.Parse(fields.Test, TemplateDialect.Task);
    }

    public override async Task<IReadOnlyList<JudgedSample>> CompleteAsync(Prompt prompt, IReadOnlyList<ModelAnswer> answers, IReadOnlyList<JudgedSample> judged, CancellationToken stop)
    {
        var results = new List<JudgedSample>();
        foreach (var one in judged)
        {
            var tries = one.Response is IEnumerable<object?> list ? list.Select(item => item as string ?? "").ToList() : [one.Response as string ?? ""];
            var passed = 0;
            foreach (var answer in tries)
            {
                string program;
                try
                {
                    program = _test.Render(new Dictionary<string, object?>(prompt.Document.Fields) { ["answer"] = answer });
                }
                catch (TemplateException e)
                {
                    throw new EvaluationException($"The test of '{prompt.Document.Id}' cannot be worded: {e.Message}", e);
                }
                if (await _sandbox.PassesAsync(program, TimeSpan.FromSeconds(_fields.Seconds), stop)) passed++;
            }
            results.Add(one with { Outcome = new TriesOutcome(tries.Count, passed) });
        }
        return results;
    }
}
