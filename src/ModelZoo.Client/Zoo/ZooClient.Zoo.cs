using System.Text.Json;

namespace ModelZoo.Client;

public sealed partial class ZooClient
{
    /// <summary>Full-text search over everything the hub holds, as the hub answers it. ModelZoo only; <see cref="ListRepositoriesAsync"/> works on every hub.</summary>
    public Task<JsonElement> SearchAsync(string text, CancellationToken stop = default) => _hub.GetAsync<JsonElement>("/api/zoo/search" + Address.Query(("q", text)), stop);

    /// <summary>What the hub knows of the model in a revision, in the form that loses nothing. ModelZoo only.</summary>
    public Task<JsonElement> GetStoredProfileAsync(RepoId repo, string revision, CancellationToken stop = default) =>
        _hub.GetAsync<JsonElement>($"/api/models/{repo.Id}/profile" + Address.Query(("revision", revision), ("form", "stored")), stop);

    /// <summary>Files that use the model, chosen by what the revision holds; without one, the head of the default branch. ModelZoo only.</summary>
    public Task<SnippetList> GetSnippetsAsync(RepoId repo, string? revision = null, CancellationToken stop = default) =>
        _hub.GetAsync<SnippetList>($"/api/models/{repo.Id}/snippets" + Address.Query(("revision", revision)), stop);

    /// <summary>Starts rebuilding everything the hub derives from commits. ModelZoo only; needs an administrator.</summary>
    /// <returns>The job's id.</returns>
    public async Task<string> ReindexAsync(CancellationToken stop = default)
    {
        var answer = await _hub.PostAsync<JsonElement>("/api/zoo/reindex", new { }, stop);
        return answer.TryGetProperty("job", out var job) ? job.ToString() : "";
    }

    /// <summary>
    /// Starts converting a model's weights to safetensors, npz or gguf on the hub; what comes of it is a pull request, on the model itself or on a
    /// repository that you may write to. The type is that of floating-point tensors, in GGUF that of the matrices; null leaves them. ModelZoo only.
    /// </summary>
    public Task<Job> ConvertAsync(
        RepoId repo, string? revision, string to, string? type = null, string? maxShardSize = null, string? file = null, RepoId? target = null, CancellationToken stop = default) =>
        _hub.PostAsync<Job>("/api/zoo/convert", new { repository = repo.Id, revision, to, type, maxShardSize, file, target = target?.Id }, stop);

    /// <summary>Starts making a soup or merge on the hub; the job's message says where the result is. ModelZoo only.</summary>
    public Task<Job> MergeAsync(MergeRequest merge, CancellationToken stop = default) => _hub.PostAsync<Job>("/api/zoo/merges", merge, stop);

    /// <summary>Has the hub fine-tune a model and commit the result. ModelZoo only.</summary>
    public Task<Job> FineTuneAsync(FineTuneRequest wish, CancellationToken stop = default) => _hub.PostAsync<Job>("/api/zoo/finetune", wish, stop);

    /// <summary>Whether models can be averaged: verdict, pairs and remarks. ModelZoo only.</summary>
    public Task<JsonElement> CheckMergeAsync(MergeRequest merge, CancellationToken stop = default) => _hub.PostAsync<JsonElement>("/api/zoo/merges/check", merge, stop);

    /// <summary>
    /// Hands in results or predictions that were made elsewhere: one file, or a zip archive of several. Who may write to the model gets a commit, anybody
    /// else a pull request. In a table of several models the file's own name for this one is needed. ModelZoo only.
    /// </summary>
    public Task<JsonElement> SubmitAsync(RepoId model, string benchmark, string? task, string? modelName, string fileName, byte[] content, CancellationToken stop = default) =>
        _hub.ReadAsync<JsonElement>(_hub.Request(HttpMethod.Post, "/api/zoo/submissions" + Address.Query(("model", model.Id), ("benchmark", benchmark), ("task", task), ("name", modelName), ("file", fileName)), new ByteArrayContent(content)), stop);

    /// <summary>Recent jobs of the hub. ModelZoo only.</summary>
    public async Task<IReadOnlyList<Job>> ListJobsAsync(CancellationToken stop = default) => await _hub.GetAsync<Job[]>("/api/zoo/jobs", stop);

    /// <summary>One job. ModelZoo only.</summary>
    public Task<Job> GetJobAsync(string id, CancellationToken stop = default) => _hub.GetAsync<Job>($"/api/zoo/jobs/{Uri.EscapeDataString(id)}", stop);

    /// <summary>Ends a job that waits or runs. ModelZoo only.</summary>
    public Task<Job> CancelJobAsync(string id, CancellationToken stop = default) => _hub.PostAsync<Job>($"/api/zoo/jobs/{Uri.EscapeDataString(id)}/cancel", new { }, stop);

    /// <summary>Has the hub train a population into a repository, from a blueprint that is sent or, where it is null, from the branch's own. ModelZoo only.</summary>
    public Task<Job> GeneratePopulationAsync(RepoId repo, string? blueprint, string? branch = null, bool extend = false, bool analyse = false, CancellationToken stop = default) =>
        _hub.PostAsync<Job>($"/api/zoo/populations/{repo.Id}/generate", new { blueprint, branch, extend, analyse }, stop);

    /// <summary>Has the hub analyse a population and commit the figures; without names, by everything it knows. ModelZoo only.</summary>
    public Task<Job> AnalysePopulationAsync(RepoId repo, IReadOnlyList<string> only, string? branch = null, CancellationToken stop = default) =>
        _hub.PostAsync<Job>($"/api/zoo/populations/{repo.Id}/analyse", new { only, branch }, stop);

    /// <summary>States of a population for which a condition holds, such as <c>epoch >= 21 and optim = 'sgd'</c>; from an offset on, so many as the hub gives at once. ModelZoo only.</summary>
    public Task<PopulationStates> GetPopulationStatesAsync(RepoId repo, string where, string? revision = null, int offset = 0, CancellationToken stop = default) =>
        _hub.GetAsync<PopulationStates>($"/api/zoo/populations/{repo.Id}/states" + Address.Query(("where", where), ("revision", revision), ("offset", offset > 0 ? $"{offset}" : null), ("limit", "10000")), stop);

    /// <summary>Has the hub measure a model; the same wish while one like it goes on gives that one. ModelZoo only.</summary>
    public Task<HubEvaluation> EvaluateAsync(EvaluationRequest request, CancellationToken stop = default) => _hub.PostAsync<HubEvaluation>("/api/zoo/evaluations", request, stop);

    /// <summary>One evaluation with its scores. ModelZoo only.</summary>
    public Task<HubEvaluation> GetEvaluationAsync(string id, CancellationToken stop = default) => _hub.GetAsync<HubEvaluation>($"/api/zoo/evaluations/{Uri.EscapeDataString(id)}", stop);

    /// <summary>Stops an evaluation that waits or goes on. ModelZoo only.</summary>
    public Task<HubEvaluation> CancelEvaluationAsync(string id, CancellationToken stop = default) => _hub.PostAsync<HubEvaluation>($"/api/zoo/evaluations/{Uri.EscapeDataString(id)}/cancel", new { }, stop);
}
