using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Tests.Accounts;

public abstract class PasswordTests(TestHub hub)
{
    [Fact]
    public async Task Guessing_one_account_is_stopped_after_five_failures_even_for_the_right_password()
    {
        var handle = await JoinAsync("a long enough password");
        for (var i = 0; i < 5; i++) Assert.Equal(HttpStatusCode.Unauthorized, (await MintAsync(handle, $"guess {i}")).StatusCode);

        var locked = await MintAsync(handle, "a long enough password");

        Assert.Equal(HttpStatusCode.TooManyRequests, locked.StatusCode);
        Assert.InRange(locked.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 601);
        Assert.Equal(HttpStatusCode.OK, (await MintAsync(await JoinAsync("another good password"), "another good password")).StatusCode);
    }

    [Fact]
    public async Task Guessing_many_accounts_from_one_network_is_stopped_too()
    {
        var (signIn, attempts) = (hub.Get<SignIn>(), hub.Get<HubDatabase>());
        for (var i = 0; i < 50; i++) Assert.Null(await signIn.TryAsync($"nobody{i}", "guess", "192.0.2.7", default));

        var refused = await Assert.ThrowsAsync<Refusal>(() => signIn.TryAsync("ada", "correct horse battery", "192.0.2.7", default));

        Assert.Equal(RefusalKind.TooMany, refused.Kind);
        Assert.NotNull(await signIn.TryAsync("ada", "correct horse battery", "192.0.2.8", default));
        // When the window is over, the count starts anew.
        await attempts.ExecuteAsync("update attempt set window_ends_at = 1 where subject = 'address:192.0.2.7'", null, default);
        Assert.NotNull(await signIn.TryAsync("ada", "correct horse battery", "192.0.2.7", default));
    }

    [Fact]
    public async Task A_password_is_changed_with_the_old_one_only_and_ends_sessions()
    {
        var handle = await JoinAsync("the first password");
        var account = (await hub.Get<AccountStore>().FindAsync(handle, default))!;
        var session = await hub.Get<SessionStore>().BeginAsync(account.Id, default);
        var me = new TestActor(hub, (await hub.Get<TokenStore>().CreateAsync(account.Id, "t", CredentialRole.Write, [], null, default)).Secret, handle);

        var wrong = await me.SendAsync(HttpMethod.Put, "/api/zoo/me/password", new { oldPassword = "not it", newPassword = "the second password" });
        var tooShort = await me.SendAsync(HttpMethod.Put, "/api/zoo/me/password", new { oldPassword = "the first password", newPassword = "short" });
        var right = await me.SendAsync(HttpMethod.Put, "/api/zoo/me/password", new { oldPassword = "the first password", newPassword = "the second password" });

        Assert.Equal(HttpStatusCode.Forbidden, wrong.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, tooShort.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, right.StatusCode);
        Assert.Null(await hub.Get<SessionStore>().FindActorAsync(session, default));
        Assert.Equal(HttpStatusCode.Unauthorized, (await MintAsync(handle, "the first password")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await MintAsync(handle, "the second password")).StatusCode);
    }

    [Fact]
    public async Task Stored_rows_hold_neither_passwords_nor_tokens()
    {
        var handle = await JoinAsync("an unmistakable password");
        var minted = (await TestActor.ReadAsync(await MintAsync(handle, "an unmistakable password")))["token"]!.GetValue<string>();

        var hashes = await hub.Get<HubDatabase>().ListAsync<string>("select key_hash from token union all select coalesce(password_hash, '') from account", null, default);

        Assert.DoesNotContain(hashes, row => row.Contains(minted, StringComparison.Ordinal) || row.Contains("unmistakable", StringComparison.Ordinal));
    }

    async Task<string> JoinAsync(string password)
    {
        var handle = hub.Fresh("person");
        await hub.Get<AccountStore>().CreateAsync(handle, "", null, SignIn.Hash(password), administrator: false, default);
        return handle;
    }

    Task<HttpResponseMessage> MintAsync(string handle, string password)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/zoo/tokens") { Content = JsonContent.Create(new { name = "x", role = "read" }) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{handle}:{password}")));
        return hub.Nobody.Http.SendAsync(request);
    }
}

public sealed class PasswordTests_Sqlite(SqliteHub hub) : PasswordTests(hub), IClassFixture<SqliteHub>;

public sealed class PasswordTests_Postgres(PostgresHub hub) : PasswordTests(hub), IClassFixture<PostgresHub>;
