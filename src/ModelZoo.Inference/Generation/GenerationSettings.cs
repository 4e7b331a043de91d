namespace ModelZoo.Inference.Generation;

/// <summary>How text is continued. Applied in this order: repetition penalty, temperature, top-k, top-p, min-p.</summary>
public sealed record GenerationSettings
{
    public int MaxNewTokens { get; init; } = 256;

    /// <summary>0 takes the most likely token every time.</summary>
    public double Temperature { get; init; }

    /// <summary>Only so many of the most likely tokens; 0: all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the fewest tokens that together have this probability.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least this likely, measured by the most likely one.</summary>
    public double MinP { get; init; }

    /// <summary>Above 1, tokens that occurred already become less likely (Keskar 2019, arXiv:1909.05858).</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Taken from the score of every token that was generated already, once.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Taken from the score of a token for each time that it was generated.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Added to the scores of tokens.</summary>
    public IReadOnlyDictionary<int, double> Bias { get; init; } = new Dictionary<int, double>();

    /// <summary>The model's own end does not end the text.</summary>
    public bool IgnoresEnd { get; init; }

    public long Seed { get; init; }

    /// <summary>Names the stream of random numbers, such as the sample that is drawn.</summary>
    public string Stream { get; init; } = "";

    /// <summary>Texts that end the continuation and are not part of it.</summary>
    public IReadOnlyList<string> Stops { get; init; } = [];

    public IReadOnlyList<int> StopIds { get; init; } = [];

    public void Validate()
    {
        Require(MaxNewTokens is > 0 and <= 1 << 20, $"{MaxNewTokens} new tokens");
        Require(Temperature is >= 0 and <= 100, $"a temperature of {Temperature}");
        Require(TopK >= 0, $"a top-k of {TopK}");
        Require(TopP is > 0 and <= 1, $"a top-p of {TopP}");
        Require(MinP is >= 0 and < 1, $"a min-p of {MinP}");
        Require(RepetitionPenalty is > 0 and <= 100, $"a repetition penalty of {RepetitionPenalty}");
        Require(PresencePenalty is >= -2 and <= 2 && FrequencyPenalty is >= -2 and <= 2, "a presence or frequency penalty outside -2 to 2");
        Require(Bias.Count <= 1024 && Bias.Values.All(double.IsFinite), "such biases");
        Require(Stops.Count <= 64 && Stops.All(stop => stop.Length is > 0 and <= 1000), "stop texts that are empty, too long or too many");

        static void Require(bool holds, string what)
        {
            if (!holds) throw new InferenceException(InferenceFault.Input, $"Text cannot be generated with {what}.");
        }
    }
}

public enum FinishReason
{
    /// <summary>A stop text, a stop token or the model's own end.</summary>
    Stop,

    /// <summary>The number of tokens asked for, or the model's context, is used up.</summary>
    Length,
}

/// <summary>A token that was chosen.</summary>
/// <param name="Text">What can be shown since the last one: empty while a character is incomplete or a stop text may be beginning.</param>
/// <param name="LogProbability">Under the model's own distribution, before penalties and cuts.</param>
/// <param name="Finish">Set on the last one.</param>
public sealed record GeneratedToken(int Id, string Text, double LogProbability, FinishReason? Finish);

public sealed record GenerationResult(string Text, IReadOnlyList<int> Ids, IReadOnlyList<double> LogProbabilities, FinishReason Finish, int PromptTokens);
