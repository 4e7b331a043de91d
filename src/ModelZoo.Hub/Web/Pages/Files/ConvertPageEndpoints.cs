using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Conversions;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Files;

/// <summary>…/convert/{revision}: weights in another format, as a job that opens a pull request.</summary>
static class ConvertPageEndpoints
{
    static readonly IReadOnlyList<Choice> s_formats = [new("safetensors", "safetensors"), new("gguf", "GGUF (Llama family)"), new("npz", "NumPy npz")];

    static readonly IReadOnlyList<Choice> s_types =
        [new("", "As they are"), .. Conversions.Conversions.NumberTypes.Concat(Conversions.Conversions.QuantizedTypes).Select(type => new Choice(type, type))];

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapRepositoryPage("/convert/{revision}", async (
            ContributingRepository proof, RouteText revision, HttpContext http, PageFrames frames, RepositoryPageParts parts, CancellationToken stop) =>
            (IResult)await ShowAsync(proof, revision, FormState.Empty, 200, http, frames, parts, stop));
        app.MapRepositoryForm("/convert/{revision}", BeginAsync);
    }

    static async Task<PageResult<ConvertPage>> ShowAsync(
        ContributingRepository proof, RouteText revision, FormState form, int status, HttpContext http, PageFrames frames, RepositoryPageParts parts, CancellationToken stop)
    {
        var (shown, _) = await parts.ResolveAsync(proof, revision, null, stop);
        return new(new ConvertPageModel(frames.For(http, proof.Repository.Kind.Plural()), await parts.HeadingAsync(proof, shown, stop), shown.Shown, form) { Formats = s_formats, Types = s_types }, status);
    }

    static async Task<IResult> BeginAsync(
        ContributingRepository proof, RouteText revision, PostedForm form, HttpContext http, PageFrames frames, RepositoryPageParts parts,
        AccessPolicy policy, Conversions.Conversions conversions, CancellationToken stop)
    {
        var (shown, _) = await parts.ResolveAsync(proof, revision, null, stop);
        try
        {
            var target = form.Text("target") is { Length: > 0 } named ? await TargetAsync(named, proof, policy, stop) : proof;
            var wish = new ConversionWish(form.Text("to"), form.Text("type"), form.Text("maxShardSize"), form.Text("file"));
            var job = await conversions.BeginAsync(proof, shown.Shown, target, wish, stop);
            return PageRouting.SeeOther($"/jobs/{job.Id}", "enqueued");
        }
        catch (Refusal refusal)
        {
            return await ShowAsync(proof, revision, form.State(refusal.Message), RefusalStatus.Of(refusal.Kind), http, frames, parts, stop);
        }
    }

    static async Task<ContributingRepository> TargetAsync(string id, ContributingRepository proof, AccessPolicy policy, CancellationToken stop)
    {
        if (string.Equals(id, proof.Repository.FullName, StringComparison.OrdinalIgnoreCase)) return proof;
        var (owner, name) = id.Split('/') is [var first, var second] ? (first, second) : throw Refusal.Invalid("A model is named owner/name.");
        try
        {
            return (ContributingRepository)await policy.GetAsync(RepositoryKind.Model, owner, name, proof.Actor, AccessLevel.Write, stop);
        }
        catch (RepositoryMoved moved)
        {
            throw Refusal.Invalid($"This repository is called {moved.Repository.FullName} now.");
        }
    }
}
