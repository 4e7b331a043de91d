using System.Text.Json;
using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Prompts;
using ModelZoo.Evaluation.Requests;

namespace ModelZoo.Evaluation.Harness;

/// <summary>A document while it is asked about.</summary>
sealed class Sample(Document document, Prompt? prompt, string? error)
{
    public Document Document { get; } = document;

    public Prompt? Prompt { get; } = prompt;

    public string? Error { get; set; } = error;

    public ModelAnswer?[] Answers { get; } = prompt is null ? [] : new ModelAnswer?[prompt.Requests.Count];

    /// <summary>Requests without an answer.</summary>
    public int Pending { get; set; } = prompt?.Requests.Count ?? 0;

    /// <summary>Answered by an earlier try; its line is there.</summary>
    public bool IsKept { get; private set; }

    public bool TryKeep(KeptSample kept, int repeats)
    {
        if (Prompt is null || kept.Responses.ValueKind != JsonValueKind.Array) return false;
        var each = Answers.Length % repeats == 0 ? Answers.Length / repeats : Answers.Length;
        if (kept.Responses.GetArrayLength() != each) return false;
        for (var i = 0; i < Answers.Length; i++)
        {
            var rounds = kept.Responses[i % each];
            if (rounds.ValueKind != JsonValueKind.Array || rounds.GetArrayLength() <= i / each || AnswerText.Read(Prompt.Requests[i], rounds[i / each], kept.IsCut) is not { } answer)
            {
                Array.Clear(Answers);
                return false;
            }
            Answers[i] = answer;
        }
        (Pending, IsKept) = (0, true);
        return true;
    }
}

/// <summary>What is left of a sample when it is done.</summary>
/// <param name="Subgroup">Null: the task has none.</param>
/// <param name="Outcomes">For each filter; null for an error, and where a judgement needs what is not there.</param>
sealed record DoneSample(int Index, string? Subgroup, IReadOnlyList<Outcome?> Outcomes, bool IsError, string Hashes);
