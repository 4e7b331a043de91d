using Dapper;
using ModelZoo.Hub.Accounts;

namespace ModelZoo.Hub.Repositories.Access;

/// <summary>
/// The rule of <see cref="AccessPolicy"/> for reading, as a condition on a row of `repository`: for questions that would otherwise
/// fetch every repository that shares a thing. A test compares the two.
/// </summary>
static class ReadableSql
{
    public const string Condition = """
        (repository.disabled_at is null or @readerIsAdministrator = 1)
        and (repository.visibility = 'public'
          or ((@readerIsAdministrator = 1
                or repository.owner_id = @readerId
                or exists (select 1 from collaborator where collaborator.repository_id = repository.id and collaborator.account_id = @readerId))
            and (@readerGrants = 0
                or exists (select 1 from token_grant where token_grant.token_id = @readerGrants and token_grant.repository_id = repository.id))))
        """;

    public static DynamicParameters Add(DynamicParameters parameters, Actor actor)
    {
        parameters.AddDynamicParams(new
        {
            readerId = actor.Account?.Id ?? 0,
            readerIsAdministrator = actor.Account is { IsAdministrator: true } ? 1L : 0L,
            readerGrants = actor.Credential is { Role: CredentialRole.FineGrained } limited ? limited.TokenId ?? -1 : 0,
        });
        return parameters;
    }
}
