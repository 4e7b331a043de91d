namespace ModelZoo.Evaluation.Submissions;

/// <summary>Completions of programming problems (<c>task_id</c>, <c>completion</c>). Whether they pass is known only after they ran, which happens in a sandbox or not at all.</summary>
static class CodeSamples
{
    public static void Read(SubmissionFile file, Collected into, CancellationToken stop)
    {
        into.Format("code samples");
        var tries = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (number, text) in SubmissionText.Lines(file, into.Options))
        {
            stop.ThrowIfCancellationRequested();
            using var document = SubmissionJson.ParseLine(file, number, text);
            if (document.RootElement.FindText("task_id") is not { } task || document.RootElement.FindText("completion") is not { } completion)
                throw new EvaluationException($"{file.Path}, line {number}: task_id and completion are expected.");
            var attempt = tries[task] = tries.GetValueOrDefault(task) + 1;
            into.Add(file, new("code", $"{task}#{attempt - 1}", "none", null, new Dictionary<string, double>(), completion));
        }
        into.Note(file, null, $"{tries.Values.Sum()} completions of {tries.Count} problems wait to be run; without a sandbox they are kept and not scored.");
    }
}
