using ModelZoo.Hub.Accounts;

namespace ModelZoo.Hub.Repositories.Access;

/// <summary>What one actor may see among many repositories: the rule of <see cref="AccessPolicy"/>, for lists.</summary>
/// <param name="Collaborations">Repositories shared with the actor's account, with the access given.</param>
sealed record ReadScope(Actor Actor, IReadOnlyDictionary<long, string> Collaborations)
{
    public bool Includes(Repository repository) => AccessPolicy.MayRead(repository, Collaborations.GetValueOrDefault(repository.Id), Actor);

    /// <summary>True when the rule admits this actor to every repository, so that lists need not ask for each.</summary>
    public bool IncludesEverything => Actor is { Account.IsAdministrator: true, Credential.Role: not CredentialRole.FineGrained };

    /// <summary>Ids among which all hidden repositories are that the actor may read, apart from those it owns.</summary>
    public IEnumerable<long> PossiblyHidden => Collaborations.Keys.Concat(Actor.Credential?.Grants.Keys ?? []);
}
