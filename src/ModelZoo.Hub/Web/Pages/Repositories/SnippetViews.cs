using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Inference.Snippets;

namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <summary>The snippets of a commit, for pages.</summary>
static class SnippetViews
{
    public static IReadOnlyList<SnippetFile> Of(Repository repository, CommitRow commit, string baseUrl, CommitUse use) =>
        SnippetBook.Write(new(baseUrl, repository.Kind.Word(), repository.Owner, repository.Name, commit.Id), CardTask.Complete(use.Facts, use.Readme));
}
