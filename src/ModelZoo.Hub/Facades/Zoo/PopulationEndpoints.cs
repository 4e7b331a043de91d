using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Making;
using ModelZoo.Hub.Populations.Members;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>Populations as they are kept: members, states and lineage of a commit, chosen by conditions.</summary>
static class PopulationEndpoints
{
    const int MostStates = 10_000;

    public static void Map(IEndpointRouteBuilder app)
    {
        const string one = ZooRoutes.Population;
        app.MapGet(one, SummaryAsync)
            .Describe<PopulationAnswer>("getPopulation", "populations", "What a population is and how far it is; ?revision=").WithMetadata(ZooRoutes.OfModels).ProducesProblem(404).ProducesProblem(422);
        app.MapGet($"{one}/members", MembersAsync)
            .Describe<MembersAnswer>("listMembers", "populations", "Members with factors, scores and states; ?where=, ?sort=, ?order=asc, ?revision=, ?offset=, ?limit=").WithMetadata(ZooRoutes.OfModels).ProducesProblem(400).ProducesProblem(404).ProducesProblem(422);
        app.MapGet($"{one}/members/{{id}}", MemberAsync)
            .Describe<MemberDetailAnswer>("getMember", "populations", "One member: card, metrics by epoch, files; ?revision=").WithMetadata(ZooRoutes.OfModels).ProducesProblem(404).ProducesProblem(422);
        app.MapGet($"{one}/states", StatesAsync)
            .Describe<StatesAnswer>("listStates", "populations", "Paths, sizes and digests of the states for which a condition holds; ?where=, ?revision=, ?offset=, ?limit=").WithMetadata(ZooRoutes.OfModels).ProducesProblem(400).ProducesProblem(404).ProducesProblem(422);
        app.MapGet($"{one}/lineage", LineageAsync)
            .Describe<LineageAnswer>("getLineage", "populations", "Who descends from whom, and from which epoch, and the soups and merges made of members; ?revision=").WithMetadata(ZooRoutes.OfModels).ProducesProblem(404).ProducesProblem(422);
    }

    static async Task<IResult> SummaryAsync(ReadableRepository repository, PopulationReader reader, JobStore jobs, CancellationToken stop, string? revision = null)
    {
        var seen = await reader.GetAsync(repository, revision, stop);
        var job = await jobs.FindOpenAsync(GenerationJob.JobName, GenerationWork.SubjectOf(repository.Id, repository.Repository.DefaultReference), stop);
        return Results.Json(PopulationJson.Of(seen, job is null ? null : Ids.ToWire(job.Id)));
    }

    static async Task<IResult> MembersAsync(
        ReadableRepository repository, PopulationReader reader, CancellationToken stop, string? where = null, string? sort = null, string? order = null, string? revision = null, int offset = 0, int? limit = null)
    {
        if (order is not (null or "asc" or "desc")) throw Refusal.Invalid("\"order\" must be one of [asc, desc].");
        var seen = await reader.GetAsync(repository, revision, stop);
        var chosen = PopulationReader.Sort(PopulationReader.Choose(seen.Population, Text(where), stop), Text(sort), order == "asc");
        return Results.Json(new MembersAnswer(seen.Commit.Id, chosen.Count, [.. chosen.Skip(Offset(offset)).Take(Paging.Limit(limit)).Select(PopulationJson.Of)]));
    }

    static async Task<IResult> MemberAsync(string id, ReadableRepository repository, PopulationReader reader, CancellationToken stop, string? revision = null)
    {
        var seen = await reader.GetAsync(repository, revision, stop);
        var member = PopulationReader.GetMember(seen.Population, id);
        var last = member.Records.Count > 0 ? member.Records[^1].Epoch : (int?)null;
        return Results.Json(new MemberDetailAnswer(seen.Commit.Id, PopulationJson.Of(new ChosenMember(member, last, member.Checkpoints)), JsonNode.Parse(member.Card.ToJson())!, member.Ending?.Problem,
            [.. member.Records.Select(PopulationJson.Of)], [.. (await reader.FilesAsync(seen, member, stop)).Select(PopulationJson.Of)]));
    }

    static async Task<IResult> StatesAsync(
        ReadableRepository repository, PopulationReader reader, CancellationToken stop, string? where = null, string? revision = null, int offset = 0, int? limit = null)
    {
        if (limit is < 1) throw Refusal.Invalid("\"limit\" must be a positive number.");
        var seen = await reader.GetAsync(repository, revision, stop);
        var chosen = PopulationReader.Choose(seen.Population, Text(where), stop);
        var page = chosen.SelectMany(member => member.States.Select(epoch => (member.Member, Epoch: epoch))).Skip(Offset(offset)).Take(Math.Min(limit ?? 1_000, MostStates)).ToList();
        var states = new List<StateAnswer>();
        foreach (var (member, epoch) in page)
            if (await reader.FindStateAsync(seen, member, epoch, stop) is { IsFolder: false } file) states.Add(new(member.Id, epoch, file.Path.Value, file.SizeBytes, file.ContentId));
        return Results.Json(new StatesAnswer(seen.Commit.Id, chosen.Sum(member => member.States.Count), states, seen.Population.WithAncestors(states.Select(state => state.Member))));
    }

    static async Task<IResult> LineageAsync(ReadableRepository repository, PopulationReader reader, PopulationSoups soups, CancellationToken stop, string? revision = null) =>
        Results.Json(PopulationJson.Lineage(await reader.GetAsync(repository, revision, stop), (await soups.ListAsync(repository, stop)).Models));

    static string? Text(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    static int Offset(int offset) => offset >= 0 ? offset : throw Refusal.Invalid("\"offset\" must not be negative.");
}
