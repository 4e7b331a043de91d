using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>The tags in use, sorted by what they are: those of repositories that the asker may see.</summary>
static class TagVocabularyEndpoints
{
    /// <summary>Most tags of one type; those with most repositories come first.</summary>
    const int MostPerType = 1_000;

    static readonly string[] s_modelTypes = ["pipeline_tag", "library", "language", "license", "dataset", "region", "other"];

    static readonly string[] s_datasetTypes =
        ["task_categories", "task_ids", "language", "license", "size_categories", "modality", "format", "multilinguality", "annotations_creators",
         "language_creators", "source_datasets", "benchmark", "region", "other"];

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/api/models-tags-by-type", (Actor actor, RepositoryIndex index, CancellationToken stop) => ListAsync(RepositoryKind.Model, actor, index, stop));
        app.MapGet("/api/datasets-tags-by-type", (Actor actor, RepositoryIndex index, CancellationToken stop) => ListAsync(RepositoryKind.Dataset, actor, index, stop));
    }

    static async Task<IResult> ListAsync(RepositoryKind kind, Actor actor, RepositoryIndex index, CancellationToken stop)
    {
        var visible = await index.LookAsync(actor, stop);
        var bits = visible.Bits();
        bits.And(visible.Snapshot.Find(IndexField.Kind, kind.Word()));
        var types = kind == RepositoryKind.Model ? s_modelTypes : s_datasetTypes;
        var answer = new JsonObject();
        foreach (var type in types) answer[type] = new JsonArray();
        foreach (var (tag, set) in visible.Snapshot.Ranked(IndexField.Tag))
        {
            var type = TypeOf(visible.Snapshot, kind, types, tag);
            if (answer[type]!.AsArray() is { Count: < MostPerType } list && bits.CountAnd(set) > 0)
                list.Add(new JsonObject { ["id"] = tag, ["label"] = Label(tag), ["type"] = type });
        }
        return JsonLines.Object(answer);
    }

    static string TypeOf(IndexSnapshot snapshot, RepositoryKind kind, string[] types, string tag)
    {
        if (tag.IndexOf(':') is > 0 and var colon) return types.Contains(tag[..colon]) ? tag[..colon] : "other";
        if (kind != RepositoryKind.Model) return "other";
        return snapshot.Find(IndexField.Task, tag).Count > 0 ? "pipeline_tag"
            : snapshot.Find(IndexField.Library, tag).Count > 0 ? "library"
            : snapshot.Find(IndexField.Language, tag).Count > 0 ? "language"
            : "other";
    }

    /// <summary>"Text Generation" for "text-generation"; what stands before a colon is left out.</summary>
    static string Label(string tag) =>
        CultureInfo.InvariantCulture.TextInfo.ToTitleCase(tag[(tag.IndexOf(':') + 1)..].Replace('-', ' ').Replace('_', ' '));
}
