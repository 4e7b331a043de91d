using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Git;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Community;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>A repository as one JSON object in Hugging Face's field names, with just the fields that are wanted.</summary>
sealed class RepositoryDescription(CardStore cards, WeightSummaryStore weights, TreeReader trees, LikeStore likes, UsedStorageQuery used, ScoreStore scores, HubOptions options)
{
    /// <summary>Most files that `siblings` lists; clients turn to the tree above 50,000.</summary>
    const int MaxSiblings = 60_000;

    /// <summary>Fields for which the card must be read.</summary>
    public static readonly string[] CardFields =
        ["cardData", "model-index", "config", "pipeline_tag", "library_name", "mask_token", "tags", "transformersInfo", "widgetData", "description", "citation", "paperswithcode_id", "models", "datasets", "baseModels"];

    public async Task<JsonObject> DescribeAsync(
        ReadableRepository proof, ResolvedRevision? revision, IReadOnlySet<string> wanted, bool withBlobs, CancellationToken stop)
    {
        var repository = proof.Repository;
        var json = Identify(repository, wanted, wanted.Contains("trendingScore") ? await likes.CountOfWeekAsync(repository.Id, stop) : 0);
        if (revision is not null && wanted.Contains("sha")) json["sha"] = revision.CommitId;
        if (wanted.Overlaps(CardFields) && await cards.FindAsync(repository.Id, stop) is { } card) AddCard(json, repository, card, wanted);
        if (wanted.Contains("usedStorage")) json["usedStorage"] = (await used.ListAsync([repository.Id], stop)).GetValueOrDefault(repository.Id);
        if (wanted.Contains("xetEnabled")) json["xetEnabled"] = options.Xet.Enabled;
        if (repository.Kind == RepositoryKind.Model && (wanted.Contains("safetensors") || wanted.Contains("gguf")) && await weights.FindAsync(repository.Id, stop) is { } summary)
            AddWeights(json, summary, wanted);
        if (repository.Kind == RepositoryKind.Model && wanted.Contains("evalResults")) json["evalResults"] = EvalResults(await scores.ListAsync(repository.Id, stop));
        if (revision is not null && wanted.Contains("siblings")) json["siblings"] = await SiblingsAsync(repository.SpaceId, revision.Commit.Tree, withBlobs, stop);
        return json;
    }

    /// <summary>The fields that the repository's own row holds: no further query.</summary>
    public static JsonObject Identify(Repository repository, IReadOnlySet<string> wanted, long trendingScore)
    {
        var json = new JsonObject { ["_id"] = Ids.ToWire(repository.Id), ["id"] = repository.FullName };
        if (repository.Kind == RepositoryKind.Model) json["modelId"] = repository.FullName;
        void Add(string name, Func<JsonNode?> value)
        {
            if (wanted.Contains(name)) json[name] = value();
        }
        Add("author", () => repository.Owner);
        Add("createdAt", () => Clock.Iso(repository.CreatedAt));
        Add("lastModified", () => Clock.Iso(repository.UpdatedAt));
        Add("private", () => repository.IsPrivate);
        Add("disabled", () => repository.DisabledAt is not null);
        Add("gated", () => false);
        Add("downloads", () => repository.Downloads);
        Add("downloadsAllTime", () => repository.DownloadsAllTime);
        Add("likes", () => repository.Likes);
        Add("trendingScore", () => trendingScore);
        Add("spaces", () => new JsonArray());
        if (repository.Kind == RepositoryKind.Space)
        {
            Add("sdk", () => repository.Sdk);
            Add("subdomain", () => $"{repository.Owner}-{repository.Name}".ToLowerInvariant().Replace('.', '-').Replace('_', '-'));
        }
        return json;
    }

    /// <summary>The fields that come from the card, config.json and file names.</summary>
    public static void AddCard(JsonObject json, Repository repository, CardRow card, IReadOnlySet<string> wanted)
    {
        var data = card.CardJson is null ? null : JsonNode.Parse(card.CardJson) as JsonObject;
        var config = card.ConfigJson is null ? null : JsonNode.Parse(card.ConfigJson) as JsonObject;
        if (wanted.Contains("tags")) json["tags"] = JsonNode.Parse(card.TagsJson);
        if (wanted.Contains("cardData") && data is not null) json["cardData"] = data.DeepClone();
        if (repository.Kind == RepositoryKind.Model)
        {
            if (wanted.Contains("pipeline_tag") && card.PipelineTag is not null) json["pipeline_tag"] = card.PipelineTag;
            if (wanted.Contains("library_name") && card.LibraryName is not null) json["library_name"] = card.LibraryName;
            if (wanted.Contains("model-index")) json["model-index"] = data?["model-index"] is JsonArray index ? index.DeepClone() : null;
            if (wanted.Contains("mask_token") && data?["mask_token"] is JsonValue mask) json["mask_token"] = mask.DeepClone();
            if (wanted.Contains("widgetData") && data?["widget"] is JsonArray widget) json["widgetData"] = widget.DeepClone();
            if (wanted.Contains("config") && config is not null) json["config"] = config.DeepClone();
            if (wanted.Contains("transformersInfo") && card.LibraryName == "transformers" && TransformersInfo(card, config) is { } info) json["transformersInfo"] = info;
            if (wanted.Contains("baseModels") && BaseModels(data) is { } parents) json["baseModels"] = parents;
        }
        else
        {
            if (wanted.Contains("description")) json["description"] = repository.Description.Length > 0 ? repository.Description : card.Summary;
            foreach (var key in (string[])["citation", "paperswithcode_id"])
                if (wanted.Contains(key) && data?[key] is JsonValue value) json[key] = value.DeepClone();
            foreach (var key in (string[])["models", "datasets"])
                if (repository.Kind == RepositoryKind.Space && wanted.Contains(key)) json[key] = data?[key] is JsonArray list ? list.DeepClone() : new JsonArray();
        }
    }

    public static void AddWeights(JsonObject json, WeightSummaryRow summary, IReadOnlySet<string> wanted)
    {
        if (wanted.Contains("safetensors") && summary.SafetensorsJson is { } safetensors) json["safetensors"] = JsonNode.Parse(safetensors);
        if (wanted.Contains("gguf") && summary.GgufJson is { } gguf) json["gguf"] = JsonNode.Parse(gguf);
    }

    /// <summary>Only the four keys that clients accept.</summary>
    static JsonObject? TransformersInfo(CardRow card, JsonObject? config)
    {
        var autoModel = card.PipelineTag switch
        {
            "text-generation" => "AutoModelForCausalLM",
            "text-classification" => "AutoModelForSequenceClassification",
            "token-classification" => "AutoModelForTokenClassification",
            "fill-mask" => "AutoModelForMaskedLM",
            "question-answering" => "AutoModelForQuestionAnswering",
            "image-classification" => "AutoModelForImageClassification",
            "translation" or "summarization" => "AutoModelForSeq2SeqLM",
            _ when config?["architectures"] is JsonArray => "AutoModel",
            _ => null,
        };
        if (autoModel is null) return null;
        var info = new JsonObject { ["auto_model"] = autoModel };
        if (card.PipelineTag is not null) info["pipeline_tag"] = card.PipelineTag;
        info["processor"] = card.PipelineTag == "image-classification" ? "AutoImageProcessor" : "AutoTokenizer";
        return info;
    }

    static JsonObject? BaseModels(JsonObject? data)
    {
        var parents = data?["base_model"] switch
        {
            JsonArray list => list.OfType<JsonValue>().Select(v => v.ToString()).ToList(),
            JsonValue one => [one.ToString()],
            _ => [],
        };
        if (parents.Count == 0) return null;
        return new JsonObject
        {
            ["relation"] = data?["base_model_relation"]?.ToString() ?? (parents.Count > 1 ? "merge" : "finetune"),
            ["models"] = new JsonArray([.. parents.Select(id => new JsonObject { ["id"] = id })]),
        };
    }

    /// <summary>The entries of the files in .eval_results, as they were written.</summary>
    static JsonArray EvalResults(IReadOnlyList<ScoreRow> rows) => new([.. rows.Where(row => row is { Origin: "results", Subgroup: null }).Select(row =>
    {
        var dataset = new JsonObject { ["id"] = row.Dataset, ["task_id"] = row.TaskId };
        if (row.DatasetRevision is not null) dataset["revision"] = row.DatasetRevision;
        var entry = new JsonObject { ["dataset"] = dataset, ["value"] = row.Value };
        if (row.Token is not null) entry["verifyToken"] = row.Token;
        if (row.MeasuredAt is { } at) entry["date"] = Clock.Iso(at);
        if (row.SourceJson is not null) entry["source"] = JsonNode.Parse(row.SourceJson);
        if (row.Notes is not null) entry["notes"] = row.Notes;
        return (JsonNode)entry;
    })]);

    public async Task<JsonArray> SiblingsAsync(long space, ObjectId tree, bool withBlobs, CancellationToken stop)
    {
        var siblings = new JsonArray();
        await foreach (var entry in trees.WalkAsync(space, tree, null, stop))
        {
            if (entry.IsFolder) continue;
            if (siblings.Count >= MaxSiblings) break;
            var sibling = new JsonObject { ["rfilename"] = entry.Path.Value };
            if (withBlobs)
            {
                sibling["size"] = entry.SizeBytes;
                sibling["blobId"] = entry.Id.Hex;
                if (entry.Pointer is { } pointer)
                    sibling["lfs"] = new JsonObject { ["sha256"] = pointer.Digest.Hex, ["size"] = pointer.SizeBytes, ["pointerSize"] = entry.BlobBytes };
            }
            siblings.Add(sibling);
        }
        return siblings;
    }
}
