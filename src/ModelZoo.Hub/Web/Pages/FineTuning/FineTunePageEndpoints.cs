using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Facades.Zoo;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.FineTuning;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Pages.Populations;
using ModelZoo.Hub.Web.Pages.Repositories;
using ModelZoo.Learning.FineTuning;

namespace ModelZoo.Hub.Web.Pages.FineTuning;

/// <summary>/{owner}/{name}/finetune: what training a model further would do, and the form that has the hub do it. Anybody who may read the model may look.</summary>
static class FineTunePageEndpoints
{
    /// <summary>Labels of a head of which the configuration says nothing, as transformers has it.</summary>
    const int UsualLabels = 2;
    const int MaxLabels = 10_000;

    /// <summary>What a data set is looked for as.</summary>
    const string NoDataset = "There is no such data set, or you may not read it.";

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/{owner}/{name}/finetune", ["GET", "HEAD"], async (ReadableRepository proof, HttpContext http, PageFrames frames, RepositoryPageParts parts, HubOptions options, CancellationToken stop) =>
            (IResult)await ShowAsync(proof, FormState.Empty, 200, http, frames, parts, options, stop)).WithMetadata(new AddressedKind(RepositoryKind.Model));
        app.MapForm("/{owner}/{name}/finetune", BeginAsync).WithMetadata(new AddressedKind(RepositoryKind.Model));
    }

    static async Task<PageResult<FineTunePage>> ShowAsync(ReadableRepository proof, FormState form, int status, HttpContext http, PageFrames frames, RepositoryPageParts parts, HubOptions options, CancellationToken stop)
    {
        var head = await parts.FindHeadAsync(proof, stop);
        var heading = (await parts.HeadingAsync(proof, head, stop)) with { Revision = null };
        var frame = frames.For(http, proof.Repository.Kind.Plural());
        var text = head is null ? null : await parts.FindTextAsync(proof.Repository, head.Commit.Tree, "config.json", stop);
        var (shape, labels, problem) = Read(text);
        var obstacle = head is null ? "It has no files yet." : text is null ? "It has no config.json at its head, which says what kind of model it is." : problem ?? (options.FineTuning.AtOnce == 0 ? "This hub fine-tunes nothing; the command does it on your machine." : null);
        if (shape is null) return new(new FineTunePageModel(frame, heading, form, obstacle), status);
        return new(new FineTunePageModel(frame, heading, form, obstacle)
        {
            IsText = shape.IsText, IsPrivate = proof.Repository.IsPrivate, MaxEpochs = options.FineTuning.MaxEpochs, Head = Quantity.Of(labels ?? UsualLabels, "class", "classes") + (labels is null ? "" : ", as this model has"),
            Methods =
            [
                Line("probe", "The head alone, on features that are computed once: seconds.", shape, labels),
                Line("lora", "Products of low rank are added to the matrices of attention: a small adapter in PEFT's files.", shape, labels),
                Line("full", "Everything; the result is a whole model.", shape, labels),
            ],
        }, status);
    }

    static async Task<IResult> BeginAsync(
        ReadableRepository proof, SignedIn me, PostedForm form, HttpContext http, PageFrames frames, RepositoryPageParts parts, FineTuneRequests requests, AccessPolicy policy, RevisionResolver revisions, HubOptions options, CancellationToken stop)
    {
        try
        {
            var wish = FineTuneEndpoints.Read(FineTuneFields.Request(form, proof.Repository.FullName));
            if (await ProblemAsync(proof, wish, me, policy, revisions, stop) is var (field, message)) return await ShowAsync(proof, form.State(null, (field, message)), StatusCodes.Status400BadRequest, http, frames, parts, options, stop);
            var job = await requests.BeginAsync(wish, me, stop);
            return PageRouting.SeeOther($"/jobs/{Ids.ToWire(job.Id)}", "enqueued");
        }
        catch (Refusal refusal) when (refusal.Kind != RefusalKind.Unauthenticated)
        {
            return await ShowAsync(proof, FineTuneFields.State(form, refusal), RefusalStatus.Of(refusal.Kind), http, frames, parts, options, stop);
        }
    }

    /// <summary>What is named and cannot be found, before anything is made: so that it is said at its field.</summary>
    static async Task<(string Field, string Message)?> ProblemAsync(ReadableRepository model, FineTuneWish wish, SignedIn me, AccessPolicy policy, RevisionResolver revisions, CancellationToken stop)
    {
        if (wish.Revision is { Length: > 0 } revision && await revisions.FindAsync(model, revision, stop) is null) return ("revision", "This model has no such branch, tag or commit.");
        if (wish.Dataset?.Split('/') is not [{ Length: > 0 } owner, { Length: > 0 } name]) return ("dataset", "Name a data set as owner/name.");
        ReadableRepository data;
        try
        {
            data = await policy.GetAsync(RepositoryKind.Dataset, owner, name, me.Actor, AccessLevel.Read, stop);
        }
        catch (RepositoryMoved)
        {
            return null;
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.NotFound or RefusalKind.Forbidden)
        {
            return ("dataset", refusal.Kind == RefusalKind.NotFound ? NoDataset : refusal.Message);
        }
        var asked = wish.DatasetRevision is { Length: > 0 } at ? at : "HEAD";
        if (await revisions.FindAsync(data, asked, stop) is null) return asked == "HEAD" ? ("dataset", "This data set has no files yet.") : ("datasetRevision", "The data set has no such branch, tag or commit.");
        return wish.Target?.Split('/') is [{ Length: > 0 }, { Length: > 0 }] ? null : ("target", "Name the result's repository as owner/name.");
    }

    static (EncoderShape? Shape, int? Labels, string? Problem) Read(string? config)
    {
        if (config is null) return (null, null, null);
        try
        {
            using var document = JsonDocument.Parse(config, new JsonDocumentOptions { MaxDepth = 32 });
            var root = document.RootElement;
            int? labels = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("id2label", out var named) && named.ValueKind == JsonValueKind.Object && named.EnumerateObject().Take(MaxLabels).Count() is > 0 and < MaxLabels and var count ? count : null;
            return (EncoderShape.Read(root), labels, null);
        }
        catch (JsonException)
        {
            return (null, null, "Its config.json is no JSON.");
        }
        catch (FineTuneException unknown)
        {
            return (null, null, unknown.Message);
        }
    }

    /// <summary>What is taken when nothing is said, and how many parameters learn then.</summary>
    static MethodLine Line(string method, string says, EncoderShape shape, int? labels)
    {
        var settings = FineTuneEndpoints.Read(new(JsonSerializer.SerializeToElement(new { method }))).Settings;
        var (epochs, rate) = (Quantity.Exact(settings.Epochs), PopulationWords.Value(settings.LearningRate));
        try
        {
            return new(method, says, Quantity.Parameters(new EncoderLayout(shape, labels ?? UsualLabels, settings).LearningCount), epochs, rate);
        }
        catch (FineTuneException)
        {
            return new(method, says, null, epochs, rate);
        }
    }
}
