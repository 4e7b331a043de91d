using System.Text.Json.Nodes;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Community;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Discussions;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Threads and their events in the shapes that huggingface_hub reads (community.py).</summary>
sealed class DiscussionDescription(Repository repository, bool allowsRemoteImages)
{
    public JsonObject Of(Discussion discussion) => new()
    {
        ["num"] = discussion.Number,
        ["title"] = discussion.Title,
        ["author"] = Author(discussion.Author, discussion.AuthorName),
        ["createdAt"] = Clock.Iso(discussion.CreatedAt),
        ["status"] = discussion.Status,
        ["isPullRequest"] = discussion.IsPullRequest,
        ["repo"] = new JsonObject { ["name"] = repository.FullName, ["type"] = repository.Kind.Word() },
        ["pinned"] = false,
        ["numComments"] = discussion.Comments,
    };

    public JsonObject Of(DiscussionEvent happened) => new()
    {
        ["id"] = Ids.ToWire(happened.Id),
        ["type"] = happened.Kind,
        ["createdAt"] = Clock.Iso(happened.CreatedAt),
        ["author"] = Author(happened.Author, happened.AuthorName),
        ["data"] = happened.Kind switch
        {
            EventKind.Comment => Comment(happened),
            EventKind.TitleChange => new JsonObject { ["from"] = happened.Detail, ["to"] = happened.Subject },
            EventKind.StatusChange => new JsonObject { ["status"] = happened.Subject },
            _ => new JsonObject { ["subject"] = happened.Subject, ["oid"] = happened.Detail },
        },
    };

    static JsonObject Author(string handle, string name) =>
        new() { ["name"] = handle, ["fullname"] = name, ["avatarUrl"] = UserEndpoints.Avatar, ["type"] = "user" };

    /// <summary>A hidden comment says nothing any more, but clients read its fields all the same.</summary>
    JsonObject Comment(DiscussionEvent comment)
    {
        var versions = comment.Versions.Count > 0 ? comment.Versions
            : [new CommentVersion { Author = comment.Author, WrittenAt = comment.HiddenAt ?? comment.CreatedAt }];
        return new()
        {
            ["edited"] = versions.Count > 1,
            ["hidden"] = comment.HiddenAt is not null,
            ["numEdits"] = versions.Count - 1,
            ["latest"] = Version(versions[^1]),
            ["history"] = comment.HiddenAt is null ? new JsonArray([.. versions.Select(Version)]) : [],
        };
    }

    JsonObject Version(CommentVersion version) => new()
    {
        ["raw"] = version.Content,
        ["html"] = version.Content.Length == 0 ? "" : Html(repository, version.Content, allowsRemoteImages),
        ["updatedAt"] = Clock.Iso(version.WrittenAt),
        ["author"] = new JsonObject { ["name"] = version.Author },
    };

    /// <summary>What somebody wrote as HTML for a page, by the same way as a card.</summary>
    static string Html(Repository repository, string markdown, bool allowsRemoteImages) =>
        CardHtml.Render(markdown, new CardLinkContext(repository.Address, repository.DefaultBranch) { AllowRemoteImages = allowsRemoteImages });
}
