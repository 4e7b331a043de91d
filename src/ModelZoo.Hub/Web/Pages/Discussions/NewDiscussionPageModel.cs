using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Discussions;

/// <summary>The form that opens a thread.</summary>
public sealed record NewDiscussionPageModel(PageFrame Frame, RepositoryHeading Repository, FormState Form);

/// <summary>The form that changes what a comment says.</summary>
/// <param name="Text">What it says now.</param>
public sealed record EditCommentPageModel(PageFrame Frame, RepositoryHeading Repository, DiscussionLine Line, string CommentId, string Text, FormState Form);
