using System.Text.Json;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Populations.Analyses;
using ModelZoo.Hub.Populations.FineTuning;
using ModelZoo.Hub.Populations.Making;
using ModelZoo.Hub.Populations.Merging;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Pages.Populations;
using ModelZoo.Hub.Web.Pages.Repositories;
using ModelZoo.Learning.FineTuning;

namespace ModelZoo.Hub.Web.Pages.Jobs;

/// <summary>A line of what a job was asked to do.</summary>
public sealed record JobFact(string Name, string Text, Href? Link = null);

/// <summary>What a job is about and what it makes.</summary>
/// <param name="Follow">Where one sees it grow, while it runs.</param>
/// <param name="Result">What it made, once it is there.</param>
public sealed record JobStory(IReadOnlyList<JobFact> Facts, NamedLink? Follow = null, NamedLink? Result = null);

/// <summary>Tells of jobs that make models what they were asked to do, as far as the reader may see it, and where the result is.</summary>
sealed class JobStories(RepositoryStore repositories, AccessPolicy policy)
{
    const int MostSources = 12;

    /// <summary>Null for jobs of which there is nothing to tell.</summary>
    public async Task<JobStory?> FindAsync(Job job, SignedIn me, CancellationToken stop)
    {
        try
        {
            return job.Name switch
            {
                FineTuneJob.JobName => await TuningAsync(job, JsonSerializer.Deserialize<FineTuneWork>(job.Payload)!, me, stop),
                MergeJob.JobName => await MergeAsync(job, JsonSerializer.Deserialize<MergeWork>(job.Payload)!, me, stop),
                GenerationJob.JobName when JsonSerializer.Deserialize<GenerationWork>(job.Payload) is { } work => await PopulationAsync(job, work.RepositoryId, work.Reference, "curves", "Follow its curves", me, stop),
                AnalysisJob.JobName when JsonSerializer.Deserialize<AnalysisWork>(job.Payload) is { } work => await PopulationAsync(job, work.RepositoryId, work.Reference, "", "The population", me, stop),
                _ => null,
            };
        }
        catch (JsonException)
        {
            // Written by a program of another level: the page does without.
            return null;
        }
    }

    async Task<JobStory> TuningAsync(Job job, FineTuneWork work, SignedIn me, CancellationToken stop)
    {
        var (settings, facts) = (work.Settings, new List<JobFact>());
        if (await ReadableAsync(work.ModelId, me, stop) is { } model) facts.Add(new("Model", $"{model.FullName} at {Short(work.ModelCommit)}", RepositoryPageParts.Links(model).Tree(work.ModelCommit)));
        if (await ReadableAsync(work.DatasetId, me, stop) is { } data) facts.Add(new("Data", $"{data.FullName} at {Short(work.DatasetCommit)}", RepositoryPageParts.Links(data).Tree(work.DatasetCommit)));
        facts.Add(new("How", $"{Word(settings)}, at most {Quantity.Of(settings.Epochs, "epoch")}, learning rate {PopulationWords.Value(settings.LearningRate)}{(work.Columns.DrawsHead ? ", a new head" : "")}"));
        return Into(job, new(facts), await ReadableAsync(work.TargetId, me, stop));
    }

    async Task<JobStory> MergeAsync(Job job, MergeWork work, SignedIn me, CancellationToken stop)
    {
        var facts = new List<JobFact> { new("How", $"{work.Method} of {Quantity.Of(work.Sources.Count, "source")}") };
        foreach (var source in (work.Base is { } origin ? work.Sources.Prepend(origin) : work.Sources).Take(MostSources))
            if (await ReadableAsync(source.RepositoryId, me, stop) is { } from)
                facts.Add(new(source == work.Base ? "Base" : "Source", $"{from.FullName}{(source.Member is { } member ? $"#{PopulationWords.Short(member)}{(source.Epochs is { } epochs ? $"@{PopulationWords.Short(epochs)}" : "")}" : "")}",
                    source.Member is { } id ? new PopulationLinks(RepositoryPageParts.Links(from), source.CommitId).Member(id) : RepositoryPageParts.Links(from).Tree(source.CommitId)));
        if (work.Target is not { } target) return new(facts);
        return Into(job, new(facts), (await policy.FindReadableAsync(RepositoryKind.Model, target.Owner, target.Name, me.Actor, stop))?.Repository);
    }

    static JobStory Into(Job job, JobStory story, Repository? target)
    {
        if (target is null) return story;
        var home = RepositoryPageParts.Links(target).Home;
        return story with { Facts = [.. story.Facts, new("Into", target.FullName, home)], Result = job.State == "done" ? new($"Open {target.FullName}", home) : null };
    }

    async Task<JobStory?> PopulationAsync(Job job, long repositoryId, string reference, string tab, string words, SignedIn me, CancellationToken stop)
    {
        if (await ReadableAsync(repositoryId, me, stop) is not { } repository) return null;
        var links = new PopulationLinks(RepositoryPageParts.Links(repository), reference.StartsWith("refs/heads/", StringComparison.Ordinal) ? reference["refs/heads/".Length..] : reference);
        // Before the first commit of a generation there is no page of it.
        var follow = job.State == "running" && job.Progress > 0 ? new NamedLink(words, links.Tab(tab)) : null;
        return new([], follow, job.State == "done" ? new("Open the population", links.Overview) : null);
    }

    async Task<Repository?> ReadableAsync(long id, SignedIn me, CancellationToken stop) =>
        await repositories.FindAsync(id, stop) is { } repository && await policy.FindReadableAsync(repository.Kind, repository.Owner, repository.Name, me.Actor, stop) is { } proof ? proof.Repository : null;

    static string Word(FineTuneSettings settings) => settings.Method switch
    {
        FineTuneMethod.Probe => "probe of the head",
        FineTuneMethod.Lora => $"LoRA of rank {settings.Lora?.Rank}",
        _ => "all parameters",
    };

    static string Short(string commit) => commit[..Math.Min(10, commit.Length)];
}
