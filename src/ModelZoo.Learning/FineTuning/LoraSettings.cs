namespace ModelZoo.Learning.FineTuning;

/// <summary>Which matrices get a low-rank addition s·B·A, s = α/r (Hu et al. 2021, arXiv:2106.09685), named as PEFT names them.</summary>
/// <param name="Targets">Names of modules, such as <c>query</c>; <c>all-linear</c> for all but the head. Empty: PEFT's choice for the family.</param>
/// <param name="Rank">r.</param>
/// <param name="Alpha">α.</param>
/// <param name="Dropout">Share of the input of A that is dropped in training.</param>
public sealed record LoraSettings(IReadOnlyList<string> Targets, int Rank = 8, double Alpha = 16, double Dropout = 0)
{
    public const string AllLinear = "all-linear";

    const int MaxRank = 4096;

    public double Scale => Alpha / Rank;

    /// <summary>PEFT's own choice where nothing is named: queries and values (utils/constants.py, 2026).</summary>
    public static IReadOnlyList<string> UsualTargets(EncoderFamily family) => family == EncoderFamily.DistilBert ? ["q_lin", "v_lin"] : ["query", "value"];

    internal void Validate()
    {
        if (Rank is < 1 or > MaxRank) throw new FineTuneException($"The rank must be 1 to {MaxRank}.");
        if (!double.IsFinite(Alpha) || Alpha <= 0) throw new FineTuneException("Alpha must be positive.");
        if (Dropout is not (>= 0 and < 1)) throw new FineTuneException("The adapter's dropout must be at least 0 and below 1.");
    }

    /// <summary>As PEFT matches: the whole path, or its end behind a dot.</summary>
    internal bool Covers(string module) => Targets.Any(target => target == AllLinear || module == target || module.EndsWith($".{target}", StringComparison.Ordinal));
}
