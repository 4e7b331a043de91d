using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Serving.Hosting;
using ModelZoo.Inference.Snippets;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>The files that use a commit, for whoever asks: what it holds decides, and whether this hub answers for the model.</summary>
sealed class SnippetShelf(UseReader uses, PublicAddress address, ModelHost host)
{
    public async Task<IReadOnlyList<SnippetFile>> WriteAsync(ReadableRepository proof, CommitRow commit, HttpContext http, CancellationToken stop)
    {
        var repository = proof.Repository;
        var use = await uses.ReadAsync(repository, commit, stop);
        var isServed = repository.Kind == RepositoryKind.Model && await host.FindObstacleAsync(proof, stop) is null;
        return SnippetBook.Write(new(address.Of(http), repository.Kind.Word(), repository.Owner, repository.Name, commit.Id) { IsServed = isServed }, CardTask.Complete(use.Facts, use.Readme));
    }
}
