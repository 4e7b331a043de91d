using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Discussions;

namespace ModelZoo.Hub.Tests.Access;

/// <summary>A hub that counts nobody out: the matrix asks more in a minute than people do.</summary>
public sealed class MatrixHub : SqliteHub
{
    private protected override void Adjust(HubOptions options) =>
        (options.Limits.RequestsPerMinute, options.Limits.AnonymousRequestsPerMinute, options.Limits.SignInsPerMinute, options.Workers) = (1_000_000, 1_000_000, 1_000_000, 0);
}

/// <summary>Everybody who asks in the matrix, and the repositories they ask for.</summary>
sealed class MatrixCast : IDisposable
{
    readonly MatrixHub _hub;
    readonly Account _owner;
    readonly Account _reader;
    readonly Account _writer;
    readonly SignedIn _asOwner;
    readonly HttpClient _http;
    readonly Dictionary<(RepositoryKind, bool), string> _standing = [];

    MatrixCast(MatrixHub hub, Account owner, Account reader, Account writer)
    {
        (_hub, _owner, _reader, _writer) = (hub, owner, reader, writer);
        _asOwner = new(owner, new(CredentialRole.Write, null, "test", 0));
        _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new(hub.Url) };
    }

    /// <summary>From the least powerful to the most, then the limited tokens.</summary>
    public IReadOnlyList<(string Name, string? Token)> Actors { get; private set; } = [];

    public static async Task<MatrixCast> MakeAsync(MatrixHub hub)
    {
        var (accounts, tokens) = (hub.Get<AccountStore>(), hub.Get<TokenStore>());
        Task<Account> Join(string stem) => accounts.CreateAsync(hub.Fresh(stem), "", null, null, administrator: false, default);
        var (owner, reader, writer, stranger) = (await Join("owner"), await Join("reader"), await Join("writer"), await Join("stranger"));
        if (await accounts.FindAsync("bystander", default) is null) await accounts.CreateAsync("bystander", "", null, null, administrator: false, default);
        var cast = new MatrixCast(hub, owner, reader, writer);
        async Task<string> Token(Account account, CredentialRole role = CredentialRole.Write, params IReadOnlyList<TokenGrant> grants) =>
            (await tokens.CreateAsync(account.Id, "matrix", role, grants, null, default)).Secret;

        var elsewhere = await cast.NewAsync(RepositoryKind.Model, isPrivate: true);
        var expired = await tokens.CreateAsync(owner.Id, "expired", CredentialRole.Write, [], DateTimeOffset.UtcNow.AddHours(1), default);
        await hub.Get<HubDatabase>().ExecuteAsync("update token set expires_at = 1 where id = @Id", new { expired.Token.Id }, default);
        cast.Actors =
        [
            ("nobody", null),
            ("stranger", await Token(stranger)),
            ("reader", await Token(reader)),
            ("writer", await Token(writer)),
            ("owner", await Token(owner)),
            ("admin", TestHub.AdministratorToken),
            ("expired", expired.Secret),
            ("readtoken", await Token(owner, CredentialRole.Read)),
            ("elsewhere", await Token(owner, CredentialRole.FineGrained, new TokenGrant(elsewhere.Id, true))),
        ];
        return cast;
    }

    /// <summary>The status that the actor gets. What changes something gets a repository of its own, so that no answer depends on an earlier one.</summary>
    public async Task<string> AskAsync(MatrixRow row, bool isPrivate, string actor, string? token)
    {
        var name = "";
        if (row.NeedsRepository) name = row.Changes ? (await NewAsync(row.Kind, isPrivate)).Name : await StandingAsync(row.Kind, isPrivate);
        using var response = await SendAsync(row, name, token);
        return ((int)response.StatusCode).ToString();
    }

    /// <summary>All that the actor can learn from the answer about a private repository, or about one that does not exist.</summary>
    public async Task<string> TellAsync(MatrixRow row, string? token, bool missing)
    {
        var name = missing ? _hub.Fresh("missing") : row.Changes ? (await NewAsync(row.Kind, true)).Name : await StandingAsync(row.Kind, true);
        using var response = await SendAsync(row, name, token);
        var text = new StringBuilder().Append((int)response.StatusCode).Append('\n');
        var id = response.Headers.TryGetValues("X-Request-Id", out var ids) ? ids.First() : "-";
        foreach (var header in response.Headers.Concat(response.Content.Headers).OrderBy(header => header.Key, StringComparer.Ordinal))
            if (header.Key is not ("X-Request-Id" or "Date" or "Content-Length" or "Set-Cookie")) text.Append($"{header.Key}: {string.Join(", ", header.Value)}\n");
        text.Append(await response.Content.ReadAsStringAsync()).Replace(id, "(id)").Replace(name, "(name)");
        // A form's token is drawn for each browser that has none yet.
        return Regex.Replace(text.ToString(), "name=\"form-token\" value=\"[0-9a-f]+\"", "");
    }

    async Task<HttpResponseMessage> SendAsync(MatrixRow row, string name, string? token)
    {
        var (path, body) = row.Fill(_owner.Handle, name, _hub.Fresh("fresh"));
        using var request = new HttpRequestMessage(new(row.Method), path);
        if (row.Changes) request.Content = new StringContent(body, Encoding.UTF8, path.StartsWith("/oauth/", StringComparison.Ordinal) ? "application/x-www-form-urlencoded" : "application/json");
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public void Dispose() => _http.Dispose();

    async Task<string> StandingAsync(RepositoryKind kind, bool isPrivate) =>
        _standing.TryGetValue((kind, isPrivate), out var name) ? name : _standing[(kind, isPrivate)] = (await NewAsync(kind, isPrivate)).Name;

    async Task<Repository> NewAsync(RepositoryKind kind, bool isPrivate)
    {
        var made = await _hub.Get<RepositoryLifecycle>().CreateAsync(_asOwner, _owner, new(kind, _hub.Fresh("thing"), isPrivate)
        {
            Sdk = kind == RepositoryKind.Space ? "static" : null,
            Files = [(RepoPath.Parse("README.md"), "# A thing\n"u8.ToArray())],
        }, default);
        await _hub.Get<CollaboratorStore>().SetAsync(made.Id, _reader, "read", default);
        await _hub.Get<CollaboratorStore>().SetAsync(made.Id, _writer, "write", default);
        await _hub.Get<PullRequests>().OpenAsync(made, new("A change", "", made.Repository.DefaultReference), new("A change", "", null, [new DeletePath(RepoPath.Parse("README.md"))]), default);
        return made.Repository;
    }
}
