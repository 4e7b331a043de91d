using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Serving.Folders;
using ModelZoo.Hub.Serving.Processes;
using ModelZoo.Inference.Serving;

namespace ModelZoo.Hub.Serving.Hosting;

/// <summary>
/// Models at work on this node: each commit's model in a worker process of its own, loaded when it is first asked, unloaded when it is not. What goes wrong in a
/// worker is a refusal with its reason; the hub goes on.
/// </summary>
sealed class ModelHost(HubOptions options, ServedModelStore store, ModelPlanner planner, CommitFolders folders, LimitedProcesses processes, ILogger<ModelHost> log) : IChore, IAsyncDisposable
{
    /// <summary>What a worker takes before it holds any model.</summary>
    const long BareBytes = 384L << 20;

    readonly HostingOptions _limits = options.Hosting;
    readonly Lock _gate = new();
    readonly Dictionary<string, HostedModel> _models = new(StringComparer.Ordinal);

    public TimeSpan Every => TimeSpan.FromSeconds(30);

    /// <summary>What is loaded or failed here, for administrators.</summary>
    public IReadOnlyList<HostedModel> Models
    {
        get { lock (_gate) return [.. _models.Values]; }
    }

    /// <summary>Whether this model may be asked by this actor, and if not, why.</summary>
    public async Task<Refusal?> FindObstacleAsync(ReadableRepository repository, CancellationToken stop)
    {
        if (!_limits.Enabled) return new(RefusalKind.Forbidden, "This hub does not run models (Hosting:Enabled).");
        if (_limits.SignedInOnly && repository.Actor.IsNobody) return new(RefusalKind.Unauthenticated, "Sign in to ask models of this hub.");
        return _limits.AdmitAll || await store.IsAdmittedAsync(repository.Id, stop) ? null
            : Refusal.Forbidden($"{repository.Repository.FullName} may not be asked: an administrator of this hub has to admit it first (zoo admin serve {repository.Repository.FullName}).");
    }

    /// <summary>What a model takes and gives; it is loaded for that.</summary>
    public async Task<JsonObject> DescribeAsync(ReadableRepository repository, string commitId, CancellationToken stop)
    {
        var model = await PrepareAsync(repository, commitId, stop);
        using var place = await model.EnterAsync(stop);
        return (JsonObject)(await model.ConnectAsync(() => StartAsync(model), stop)).Description.DeepClone();
    }

    /// <summary>Asks a model.</summary>
    /// <param name="part">Gets pieces as they come; the answer then holds only the rest.</param>
    public async Task<Frame> AskAsync(ReadableRepository repository, string commitId, JsonObject request, ReadOnlyMemory<byte> bytes, Action<JsonObject>? part, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        var outcome = "failed";
        try
        {
            var model = await PrepareAsync(repository, commitId, stop);
            using var place = await model.EnterAsync(stop);
            var connection = await model.ConnectAsync(() => StartAsync(model), stop);
            var answer = await connection.AskAsync(request, bytes, part, TimeSpan.FromSeconds(_limits.RequestSeconds), "this request", stop);
            model.Succeeded();
            outcome = "answered";
            return answer;
        }
        catch (Refusal refusal)
        {
            outcome = refusal.Kind switch { RefusalKind.Invalid => "refused", RefusalKind.TooMany => "full", _ => "failed" };
            throw;
        }
        finally
        {
            ZooMeter.ModelsAsked.Record(Stopwatch.GetElapsedTime(began).TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));
        }
    }

    async Task<HostedModel> PrepareAsync(ReadableRepository repository, string commitId, CancellationToken stop)
    {
        if (await FindObstacleAsync(repository, stop) is { } obstacle) throw obstacle;
        var plan = await planner.MakeAsync(repository, commitId, stop);
        // Weights, a copy in the layout that kernels like, and what a run needs.
        var budget = BareBytes + (3 * plan.FileBytes);
        if (BareBytes + plan.FileBytes > _limits.ModelBytes)
            throw new Refusal(RefusalKind.Unprocessable, $"The model's files take {plan.FileBytes} bytes; a model may use {_limits.ModelBytes} bytes of memory here (Hosting:ModelBytes).");
        budget = Math.Min(Math.Max(budget, 1L << 30), _limits.ModelBytes);
        var removed = new List<HostedModel>();
        HostedModel? model;
        lock (_gate)
        {
            if (!_models.TryGetValue(plan.Key, out model))
            {
                MakeRoom(budget, removed);
                _models[plan.Key] = model = new(plan, budget, _limits);
            }
        }
        foreach (var old in removed) await UnloadAsync(old, "made room for another");
        return model;
    }

    void MakeRoom(long budget, List<HostedModel> removed)
    {
        while (_models.Count >= _limits.Models || _models.Values.Sum(model => model.BudgetBytes) + budget > _limits.TotalBytes)
        {
            var oldest = _models.Where(pair => pair.Value.Inside == 0).OrderByDescending(pair => pair.Value.Idle).Select(pair => pair.Key).FirstOrDefault()
                ?? throw new Refusal(RefusalKind.Unavailable, $"All {_models.Count} models that this hub has room for are at work; try again later.") { RetryAfter = TimeSpan.FromSeconds(5) };
            _models.Remove(oldest, out var model);
            removed.Add(model!);
        }
    }

    async Task<WorkerConnection> StartAsync(HostedModel model)
    {
        var (plan, began) = (model.Plan, Stopwatch.GetTimestamp());
        var held = new List<IDisposable>();
        var scratch = Directory.CreateTempSubdirectory("zoo-model-").FullName;
        WorkerConnection? connection = null;
        try
        {
            var stop = CancellationToken.None;
            var own = await folders.OpenAsync(plan.Repository, plan.CommitId, NeededFiles.OfModel, stop);
            held.Add(own);
            var below = plan.Base is { } other ? await folders.OpenAsync(other.Repository, other.CommitId, NeededFiles.OfModel, stop) : null;
            if (below is not null) held.Add(below);
            var process = processes.Start(["model-worker"], scratch, new ProcessLimits
            {
                MemoryBytes = model.BudgetBytes, Threads = _limits.Threads, Niceness = 5, FileBytes = 1L << 30, Readable = below is null ? [own.Path] : [own.Path, below.Path],
            });
            var open = new JsonObject { ["op"] = "open", ["folder"] = (below ?? own).Path, ["adapters"] = below is null ? [] : new JsonArray(own.Path), ["threads"] = _limits.Threads };
            connection = await WorkerConnection.OpenAsync(process, open, TimeSpan.FromSeconds(_limits.LoadSeconds), stop);
            log.ModelLoaded(plan.Repository.Repository.FullName, plan.CommitId, (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            return connection;
        }
        finally
        {
            if (connection is null) Clean(held, scratch);
            else _ = connection.Exit.ContinueWith(_ => Clean(held, scratch), TaskScheduler.Default);
        }
    }

    static void Clean(List<IDisposable> held, string scratch)
    {
        foreach (var folder in held) folder.Dispose();
        if (Directory.Exists(scratch)) Directory.Delete(scratch, recursive: true);
    }

    /// <summary>Unloads a model that was asked for last long ago; used, too, when it is no longer admitted.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        List<HostedModel> idle;
        lock (_gate)
        {
            idle = [.. _models.Values.Where(model => model.Inside == 0 && model.Idle > TimeSpan.FromMinutes(_limits.IdleMinutes))];
            foreach (var model in idle) _models.Remove(model.Plan.Key);
        }
        foreach (var model in idle) await UnloadAsync(model, "nobody asked it");
    }

    /// <summary>Ends what runs of a repository, as when it is no longer admitted.</summary>
    public async Task DismissAsync(long repositoryId)
    {
        List<HostedModel> own;
        lock (_gate)
        {
            own = [.. _models.Values.Where(model => model.Plan.Repository.Id == repositoryId)];
            foreach (var model in own) _models.Remove(model.Plan.Key);
        }
        foreach (var model in own) await UnloadAsync(model, "it is no longer admitted");
    }

    async Task UnloadAsync(HostedModel model, string reason)
    {
        var was = model.State;
        await model.StopAsync();
        if (was == "loaded") log.ModelUnloaded(model.Plan.Repository.Repository.FullName, model.Plan.CommitId, reason);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var model in Models) await model.StopAsync();
    }
}
