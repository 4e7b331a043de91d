using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Accounts;

/// <summary>An access token as it may be shown: never the secret itself.</summary>
sealed record AccessToken
{
    public long Id { get; init; }
    public long AccountId { get; init; }
    public string Name { get; init; } = "";
    public string Hint { get; init; } = "";
    public string Role { get; init; } = "read";
    public long CreatedAt { get; init; }
    public long? ExpiresAt { get; init; }
    public long? LastUsedAt { get; init; }
    public long? RevokedAt { get; init; }
}

/// <summary>A fine-grained token's right to one repository.</summary>
sealed record TokenGrant(long RepositoryId, bool Write);

/// <summary>One repository that a fine-grained token may touch, by name.</summary>
sealed record TokenReach
{
    public long TokenId { get; init; }
    public string Kind { get; init; } = "model";
    public string Owner { get; init; } = "";
    public string Name { get; init; } = "";
    public string Access { get; init; } = "read";
}

/// <summary>Access tokens: made, listed, revoked, and turned into actors. Stored as hashes only.</summary>
sealed class TokenStore(HubDatabase database, AuditStore audit, TimeProvider time)
{
    /// <summary>Clients insist on this beginning.</summary>
    public const string Prefix = "hf_";

    const string Columns = "id, account_id, name, hint, role, created_at, expires_at, last_used_at, revoked_at";

    /// <summary>How stale `last_used_at` may be; writing it on every request would turn every read into a write.</summary>
    static readonly TimeSpan s_lastUseResolution = TimeSpan.FromMinutes(5);

    /// <summary>Makes a token and returns its secret, which nobody can read again.</summary>
    public async Task<(AccessToken Token, string Secret)> CreateAsync(
        long accountId, string name, CredentialRole role, IReadOnlyList<TokenGrant> grants, DateTimeOffset? expires, CancellationToken stop)
    {
        var secret = Prefix + Secrets.NewText(34);
        return (await AddAsync(accountId, name, role, grants, expires, secret, stop), secret);
    }

    /// <summary>Stores a token whose secret somebody else chose (the bootstrap token of an empty hub).</summary>
    public async Task<AccessToken> AddAsync(
        long accountId, string name, CredentialRole role, IReadOnlyList<TokenGrant> grants, DateTimeOffset? expires, string secret, CancellationToken stop)
    {
        name = name.Trim();
        if (name.Length is 0 or > 100 || name.Any(char.IsControl)) throw Refusal.Invalid("A token's name must have 1 to 100 characters and no control characters.");
        if (role == CredentialRole.FineGrained && grants.Count is 0 or > 1000) throw Refusal.Invalid("A fine-grained token must name 1 to 1,000 repositories.");
        if (expires <= time.GetUtcNow()) throw Refusal.Invalid("A token must expire in the future.");
        var token = new AccessToken
        {
            Id = Ids.Next(time),
            AccountId = accountId,
            Name = name,
            Hint = secret[^4..],
            Role = ToWord(role),
            CreatedAt = time.NowMs(),
            ExpiresAt = expires?.ToUnixTimeMilliseconds(),
        };
        await database.WriteAsync(async transaction =>
        {
            await transaction.ExecuteAsync("""
                insert into token (id, account_id, name, key_hash, hint, role, created_at, expires_at)
                values (@Id, @AccountId, @Name, @hash, @Hint, @Role, @CreatedAt, @ExpiresAt)
                """,
                new { token.Id, token.AccountId, token.Name, hash = Secrets.Hash(secret), token.Hint, token.Role, token.CreatedAt, token.ExpiresAt }, stop);
            foreach (var grant in grants)
                await transaction.ExecuteAsync("""
                    insert into token_grant (token_id, repository_id, access)
                    values (@tokenId, @RepositoryId, @access)
                    on conflict (token_id, repository_id) do nothing
                    """, new { tokenId = token.Id, grant.RepositoryId, access = grant.Write ? "write" : "read" }, stop);
            await audit.AddAsync(transaction, AuditAction.TokenMade, AuditStore.Account(accountId), $"{token.Role} token {token.Name} (…{token.Hint})", stop, accountId);
        }, stop);
        return token;
    }

    public Task<IReadOnlyList<AccessToken>> ListAsync(long accountId, CancellationToken stop) => database.ListAsync<AccessToken>($"""
        select {Columns}
        from token
        where account_id = @accountId
          and revoked_at is null
        order by id desc
        """, new { accountId }, stop);

    /// <summary>False when the account has no such token.</summary>
    public Task<bool> RevokeAsync(long accountId, long tokenId, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var revoked = await transaction.FindAsync<string>("""
            update token
            set revoked_at = @now
            where id = @tokenId
              and account_id = @accountId
              and revoked_at is null
            returning name
            """, new { accountId, tokenId, now = time.NowMs() }, stop);
        if (revoked is not null) await audit.AddAsync(transaction, AuditAction.TokenRevoked, AuditStore.Account(accountId), $"token {revoked}", stop);
        return revoked is not null;
    }, stop);

    /// <summary>The repositories that an account's fine-grained tokens may touch; those that are gone are left out.</summary>
    public Task<IReadOnlyList<TokenReach>> ListReachAsync(long accountId, CancellationToken stop) => database.ListAsync<TokenReach>("""
        select token_grant.token_id, repository.kind, owner.handle as owner, repository.name, token_grant.access
        from token
        join token_grant on token_grant.token_id = token.id
        join repository on repository.id = token_grant.repository_id
        join account owner on owner.id = repository.owner_id
        where token.account_id = @accountId
          and token.revoked_at is null
        order by token_grant.token_id, owner.handle_key, repository.name_key
        """, new { accountId }, stop);

    /// <summary>The actor behind a secret; null when it is unknown, expired, revoked, or its account is disabled.</summary>
    public async Task<Actor?> FindActorAsync(string secret, CancellationToken stop)
    {
        if (!secret.StartsWith(Prefix, StringComparison.Ordinal) || secret.Length > 200) return null;
        return await FindActorAsync("token.key_hash = @hash", new { hash = Secrets.Hash(secret), now = time.NowMs() }, stop);
    }

    /// <summary>The actor of a token that the hub itself noted when somebody used it, if it still holds.</summary>
    public Task<Actor?> FindActorAsync(long tokenId, CancellationToken stop) => FindActorAsync("token.id = @tokenId", new { tokenId, now = time.NowMs() }, stop);

    async Task<Actor?> FindActorAsync(string condition, object values, CancellationToken stop)
    {
        var now = time.NowMs();
        var row = await database.FindAsync<ActorRow>($"""
            select token.id as token_id, token.name, token.role, token.created_at as token_created_at, token.last_used_at,
                   account.id, account.handle, account.kind, account.full_name, account.email,
                   account.administrator_since, account.created_at
            from token
            join account on account.id = token.account_id
            where {condition}
              and token.revoked_at is null
              and (token.expires_at is null or token.expires_at > @now)
              and account.disabled_at is null
            """, values, stop);
        if (row is null) return null;
        if (row.LastUsedAt is null || now - row.LastUsedAt > (long)s_lastUseResolution.TotalMilliseconds)
            await database.ExecuteAsync("update token set last_used_at = @now where id = @TokenId", new { now, row.TokenId }, stop);

        var role = FromWord(row.Role);
        var credential = new Credential(role, row.TokenId, row.Name, row.TokenCreatedAt);
        if (role == CredentialRole.FineGrained) credential = credential with { Grants = await GrantsAsync(row.TokenId, stop) };
        return new(row.ToAccount(), credential);
    }

    async Task<IReadOnlyDictionary<long, bool>> GrantsAsync(long tokenId, CancellationToken stop)
    {
        var rows = await database.ListAsync<GrantRow>("""
            select repository_id, access
            from token_grant
            where token_id = @tokenId
            """, new { tokenId }, stop);
        return rows.ToDictionary(row => row.RepositoryId, row => row.Access == "write");
    }

    public static string ToWord(CredentialRole role) => role switch
    {
        CredentialRole.Read => "read",
        CredentialRole.FineGrained => "fineGrained",
        _ => "write",
    };

    static CredentialRole FromWord(string word) => word switch
    {
        "read" => CredentialRole.Read,
        "fineGrained" => CredentialRole.FineGrained,
        _ => CredentialRole.Write,
    };

    sealed record GrantRow
    {
        public long RepositoryId { get; init; }
        public string Access { get; init; } = "";
    }

    sealed record ActorRow
    {
        public long TokenId { get; init; }
        public string Name { get; init; } = "";
        public string Role { get; init; } = "";
        public long TokenCreatedAt { get; init; }
        public long? LastUsedAt { get; init; }
        public long Id { get; init; }
        public string Handle { get; init; } = "";
        public string Kind { get; init; } = "";
        public string FullName { get; init; } = "";
        public string? Email { get; init; }
        public long? AdministratorSince { get; init; }
        public long CreatedAt { get; init; }

        public Account ToAccount() => new()
        {
            Id = Id, Handle = Handle, Kind = Kind, FullName = FullName, Email = Email, AdministratorSince = AdministratorSince, CreatedAt = CreatedAt,
        };
    }
}
