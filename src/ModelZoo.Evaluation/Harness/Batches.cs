using ModelZoo.Evaluation.Requests;

namespace ModelZoo.Evaluation.Harness;

/// <summary>A request and the samples that asked it.</summary>
sealed class Question(ModelRequest request)
{
    public ModelRequest Request { get; } = request;

    public List<(Sample Sample, int Index)> Users { get; } = [];

    public bool IsOpen => Users.Exists(user => user.Sample.Pending > 0);
}

/// <summary>Equal requests become one, and long texts stand together. What comes out depends on the samples alone, not on which are answered.</summary>
static class Batches
{
    public static List<Question> Collect(IReadOnlyList<Sample> samples)
    {
        var byRequest = new Dictionary<ModelRequest, Question>();
        var questions = new List<Question>();
        foreach (var sample in samples)
        {
            for (var i = 0; i < sample.Answers.Length; i++)
            {
                var request = sample.Prompt!.Requests[i];
                if (!byRequest.TryGetValue(request, out var question))
                {
                    byRequest[request] = question = new(request);
                    questions.Add(question);
                }
                question.Users.Add((sample, i));
            }
        }
        return questions;
    }

    public static IEnumerable<Question[]> Of(List<Question> questions, int size) => questions
        .GroupBy(question => question.Request.GetType())
        .SelectMany(kind => IsText(kind.First().Request)
            ? kind.OrderByDescending(question => Length(question.Request)).ThenBy(question => (question.Request as LikelihoodRequest)?.Context, StringComparer.Ordinal).Chunk(size)
            : kind.Chunk(size));

    public static bool IsText(ModelRequest request) => Length(request) > 0 || request is LikelihoodRequest or GenerationRequest;

    static int Length(ModelRequest request) => request switch
    {
        LikelihoodRequest likelihood => likelihood.Context.Length,
        RollingRequest rolling => rolling.Text.Length,
        GenerationRequest generation => generation.Context.Length,
        ClassificationRequest { Input: TextInput text } => text.Text.Length + (text.Pair?.Length ?? 0),
        RegressionRequest { Input: TextInput text } => text.Text.Length + (text.Pair?.Length ?? 0),
        EmbeddingRequest { Input: TextInput text } => text.Text.Length,
        _ => 0,
    };
}
