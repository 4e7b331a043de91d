using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Populations.Merging;

/// <summary>Whether models can be averaged, before anything is made.</summary>
/// <param name="Verdict">The worst of the pairs' in words: can be averaged, doubtful, cannot be averaged.</param>
/// <param name="Remarks">What was not looked at, and why.</param>
sealed record MergeOutlook(string Verdict, IReadOnlyList<MergeAdvice> Pairs, IReadOnlyList<string> Remarks);

/// <summary>Looks at models while the caller waits, within bounds on what is read and computed.</summary>
sealed class MergeCheck(MergeSources opener, MergeScoring scoring)
{
    /// <summary>Of each model; of larger ones, tensors taken evenly.</summary>
    const long MostBytes = 64 << 20;

    /// <summary>Multiplications that barriers may take: about ten seconds of one core.</summary>
    const double MostWork = 2e11;

    static readonly SemaphoreSlim s_turns = new(2, 2);

    /// <summary>Models that are whole and end as some mean of all are compared; slices, adapters, and what is one model moved towards its base are not.</summary>
    public static bool Compares(MergeWork work) => work.Method != MergeMethods.Lora && (work.Configuration is not { } yaml || MergeConfiguration.Parse(yaml) is { Method: not "passthrough" } configuration && configuration.Slices.All(slice => slice.Sources.All(source => source.FirstLayer is null)));

    public async Task<MergeOutlook> LookAsync(MergeWork work, Actor actor, CancellationToken stop)
    {
        if (!await s_turns.WaitAsync(TimeSpan.FromSeconds(20), stop)) throw new Refusal(RefusalKind.TooMany, "Other models are being compared; ask again shortly.") { RetryAfter = TimeSpan.FromSeconds(5) };
        try
        {
            using var sources = await opener.OpenAsync(work, actor, stop);
            return await LookAsync(work, sources, actor, stop);
        }
        catch (Exception wrong) when (wrong is MergeException or PopulationException or ConversionException or WeightFormatException or FileNotFoundException)
        {
            throw new Refusal(RefusalKind.Unprocessable, wrong.Message);
        }
        finally
        {
            s_turns.Release();
        }
    }

    async Task<MergeOutlook> LookAsync(MergeWork work, OpenedSources sources, Actor actor, CancellationToken stop)
    {
        var remarks = new List<string>();
        if (!Compares(work)) return new(MergeAdvice.Word(Averageability.Doubtful), [], ["Layers, adapters and copies are not compared as wholes."]);
        var compared = MergeMaking.Compared(work, sources);
        if (compared.Count < 2) return new(MergeAdvice.Word(Averageability.Likely), [], ["There is one model, so nothing to compare."]);
        if (compared.Count > MergeMaking.MostPaired) throw Refusal.Invalid($"At most {MergeMaking.MostPaired} models are compared with each other; there are {compared.Count}.");
        foreach (var source in compared)
            if (source.Tensors.Sum(tensor => tensor.ByteLength) > MostBytes) remarks.Add($"Of '{source.Name}' tensors of {MostBytes >> 20} MiB were looked at, taken evenly.");
        var (scorer, why) = await scoring.FindAsync(compared, actor, stop);
        if (scorer is not null && Work(scorer, compared.Count) > MostWork) (scorer, why) = (null, "it would take too long while you wait; the merge itself does it");
        if (scorer is null) remarks.Add($"Barriers were not measured: {why}.");
        var pairs = await MergeAdvice.AssessAsync([.. compared.Select(source => source.ToInput())], scorer is null ? null : scorer.BarrierAsync, stop, MostBytes);
        return new(MergeAdvice.Word(pairs.Max(pair => pair.Verdict)), pairs, remarks);
    }

    static double Work(MemberScorer scorer, int models) => ParameterLayout.Of(scorer.Model, scorer.Head).Count * (double)Math.Max(1, scorer.Model.Family == Family.Vit ? scorer.Model.Tokens : 1) * scorer.Labels("val").Count * 11 * models * (models - 1) / 2;
}
