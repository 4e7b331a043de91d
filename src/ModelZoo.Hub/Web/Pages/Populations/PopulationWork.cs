using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Analyses;
using ModelZoo.Hub.Populations.Making;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>Tells pages of a population which job is about to change them.</summary>
sealed class PopulationWork(JobStore jobs)
{
    const int TrainingSeconds = 10;
    const int AnalysisSeconds = 5;

    /// <summary>In the address: the page does not ask again by itself.</summary>
    const string Still = "still";

    /// <summary>Which analysis a page shows.</summary>
    static readonly Dictionary<string, string[]> s_analyses = new()
    {
        [""] = ["weights", "behaviour", "lineage", "averaging", "prediction"], ["map"] = ["weights"], ["matrices"] = ["weights", "behaviour"], ["prediction"] = ["prediction", "lineage"],
    };

    /// <summary>Null where nothing goes on, the revision is no branch, or the page has forms that must not be taken away from under somebody's hands.</summary>
    public async Task<MovingWork?> FindAsync(ReadableRepository proof, ShownRevision shown, PopulationFrame head, HttpContext http, CancellationToken stop)
    {
        if (shown.Resolved.Reference is not { } reference || !HttpMethods.IsGet(http.Request.Method) || head.Tab == "soups") return null;
        if (head.Tab is "" or "members" or "curves" or "lineage" && await jobs.FindOpenAsync(GenerationJob.JobName, GenerationWork.SubjectOf(proof.Id, reference), stop) is { } training)
            return Of(training, training.State == "running" ? $"It is being trained now{Progress(training)}." : "Its training waits for its turn.", TrainingSeconds);
        if (!s_analyses.TryGetValue(head.Tab, out var names)) return null;
        foreach (var only in names.Select(name => (string[])[name]).Prepend([]))
            if (await jobs.FindOpenAsync(AnalysisJob.JobName, new AnalysisWork(proof.Id, reference, 0, only).Subject, stop) is { } analysis)
                return Of(analysis, analysis.State == "running" ? $"It is being analysed now{Progress(analysis)}." : "Its analysis waits for its turn.", AnalysisSeconds);
        return null;

        MovingWork Of(Job job, string says, int seconds)
        {
            var isStill = http.Request.Query.ContainsKey(Still);
            // What a form left to say is said once, and not with every look.
            var fields = http.Request.Query.Where(field => field.Key is not (Still or "notice") && field.Value.Count > 0).Select(field => (field.Key, (string?)field.Value.ToString()));
            var other = PopulationLinks.With(Href.Local(head.Frame.Here.Split('?')[0]), isStill ? fields : fields.Append((Still, "1")));
            return new(says, head.MayRun ? Href.Local($"/jobs/{Ids.ToWire(job.Id)}") : null, isStill ? null : seconds, other);
        }
    }

    static string Progress(Job job) => job.Progress is > 0 and < 1 ? $", {(int)(100 * job.Progress)} % done" : "";
}
