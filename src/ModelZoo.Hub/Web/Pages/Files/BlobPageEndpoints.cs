using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Repositories;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Web.Pages.Files;

/// <summary>…/blob/{rev}/{path}: what is in one file.</summary>
static class BlobPageEndpoints
{
    /// <summary>Tensors listed; with more, a page would no longer be one short response.</summary>
    const int MaxTensors = 250;

    const int MaxMetadataLength = 300;

    public static void Map(IEndpointRouteBuilder app) => app.MapRepositoryPage("/blob/{revision}/{**path}", ShowAsync);

    static async Task<IResult> ShowAsync(
        ReadableRepository proof, RouteText revision, RouteText? path, HttpContext http, PageFrames frames, RepositoryPageParts parts,
        TreeReader trees, LastChangeReader changes, IBlobStore blobs, CancellationToken stop)
    {
        var repository = proof.Repository;
        var (shown, text) = await parts.ResolveAsync(proof, revision, path, stop);
        if (!RepoPath.TryParse(text, out var at) || await trees.FindAsync(repository.SpaceId, shown.Commit.Tree, at, stop) is not { } entry)
            throw Refusal.EntryNotFound(text, shown.Commit.Id);
        var links = RepositoryPageParts.Links(repository);
        if (entry.IsFolder) return PageRouting.SeeOther(links.Tree(shown.Shown, text).Value);

        var heading = await parts.HeadingAsync(proof, shown, stop);
        var last = await changes.FindAsync(proof, shown.Resolved, [at], stop);
        var content = entry.Pointer is null && entry.Mode != EntryMode.Submodule ? await trees.GetContentAsync(repository.SpaceId, entry.Id, stop) : null;
        var isText = content is not null && !TextDiff.IsBinary(content);
        var model = new BlobPageModel(
            frames.For(http, repository.Kind.Plural()), heading,
            await parts.ReferencesAsync(proof, shown, name => links.Blob(name, at.Value), stop), at.Value, entry.SizeBytes)
        {
            WhatItIs = FileWords.Of(at, isText),
            ObjectId = entry.Id.Hex,
            Digest = entry.Pointer?.Digest.Hex,
            LastCommit = last.TryGetValue(at.Value, out var commit) ? RepositoryPageParts.Line(commit) : RepositoryPageParts.Line(shown.Commit),
            MayEdit = shown.IsBranch && heading.MayWrite,
        };
        if (FileWords.HasReadableHeader(at))
            return new PageResult<BlobPage>(await WithHeaderAsync(model, entry.Pointer is { } pointer ? new BlobByteSource(blobs, pointer) : new MemoryByteSource(content ?? []), stop));
        if (isText) model = WithText(model, content!);
        if (isText && at.Name.EndsWith(".md", StringComparison.OrdinalIgnoreCase) && content!.Length <= BlobPageModel.MaxTextBytes)
            model = model with { Rendered = parts.Render(repository, shown.Shown, at.Value, Card.Parse(Encoding.UTF8.GetString(content)).Body) };
        return new PageResult<BlobPage>(model);
    }

    static BlobPageModel WithText(BlobPageModel model, byte[] content)
    {
        var isCut = content.Length > BlobPageModel.MaxTextBytes;
        var text = Encoding.UTF8.GetString(content, 0, Math.Min(content.Length, BlobPageModel.MaxTextBytes)).ReplaceLineEndings("\n");
        if (text.EndsWith('\n')) text = text[..^1];
        return model with { Lines = content.Length == 0 ? [] : text.Split('\n'), IsCut = isCut };
    }

    static async Task<BlobPageModel> WithHeaderAsync(BlobPageModel model, IByteSource source, CancellationToken stop)
    {
        try
        {
            var header = await WeightReader.ReadHeaderAsync(source, stop);
            var summary = WeightSummary.Of(header);
            return model with
            {
                Tensors = new(header.Format.ToString().ToLowerInvariant(), summary.TotalParameters,
                    [.. header.Tensors.Take(MaxTensors).Select(t => new TensorLine(t.Name, t.DType.Name, t.Shape, t.ByteLength))],
                    [.. header.Metadata.Take(100).Select(m => KeyValuePair.Create(m.Key, Short(m.Value.ToString() ?? "")))],
                    Math.Max(0, header.Tensors.Count - MaxTensors)),
            };
        }
        catch (WeightFormatException error)
        {
            return model with { Problem = $"The header cannot be read: {error.Message}" };
        }
    }

    static string Short(string text) => text.Length <= MaxMetadataLength ? text : text[..MaxMetadataLength] + "…";
}
