using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Accounts;

namespace ModelZoo.Hub.Tests.Accounts;

public abstract class SessionTests(TestHub hub)
{
    [Fact]
    public async Task A_session_reads_but_changes_nothing_without_the_form_token_of_a_page()
    {
        var (account, key) = await BeginAsync();
        var (seed, token) = FormPair(key);

        var read = await SendAsync(HttpMethod.Get, "/api/zoo/me", key, seed, null);
        var bare = await SendAsync(HttpMethod.Post, "/api/zoo/tokens", key, seed, null);
        var wrong = await SendAsync(HttpMethod.Post, "/api/zoo/tokens", key, seed, new string('0', 64));
        var foreign = await SendAsync(HttpMethod.Post, "/api/zoo/tokens", key, seed, token, ("Sec-Fetch-Site", "cross-site"));
        var right = await SendAsync(HttpMethod.Post, "/api/zoo/tokens", key, seed, token);

        Assert.Contains(account.Handle, await read.Content.ReadAsStringAsync());
        Assert.Equal([HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.OK],
            [bare.StatusCode, wrong.StatusCode, foreign.StatusCode, right.StatusCode]);
        Assert.Single(await hub.Get<TokenStore>().ListAsync(account.Id, default));
    }

    [Fact]
    public async Task A_session_cannot_change_anything_through_the_hugging_face_api_so_no_other_site_can_either()
    {
        var (account, key) = await BeginAsync();
        var (seed, token) = FormPair(key);

        var created = await SendAsync(HttpMethod.Post, "/api/repos/create", key, seed, token, ("Origin", "https://elsewhere.example"));

        Assert.Equal(HttpStatusCode.Unauthorized, created.StatusCode);
        Assert.Empty(await hub.Get<Hub.Repositories.RepositoryStore>().ListOwnedAsync(account.Id, default));
    }

    [Fact]
    public async Task Another_site_may_not_read_our_own_api_with_the_browsers_cookie()
    {
        var (_, key) = await BeginAsync();

        var answer = await SendAsync(HttpMethod.Get, "/api/zoo/me", key, "", null, ("Origin", "https://elsewhere.example"));

        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
        var theirs = await SendAsync(HttpMethod.Get, "/api/whoami-v2", key, "", null, ("Origin", "https://elsewhere.example"));
        Assert.False(theirs.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task Signing_in_sets_a_cookie_that_scripts_cannot_read_and_signing_out_ends_it_everywhere()
    {
        var account = await hub.Get<AccountStore>().CreateAsync(hub.Fresh("person"), "", null, null, false, default);
        var http = new DefaultHttpContext();
        http.Request.Scheme = "https";

        await hub.Get<BrowserSessions>().SignInAsync(http, account, default);

        var cookie = http.Response.Headers.SetCookie.ToString();
        Assert.Contains("httponly", cookie);
        Assert.Contains("samesite=lax", cookie);
        Assert.Contains("secure", cookie);
        var key = cookie.Split(';')[0].Split('=')[1];
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, "/api/zoo/me", key, "", null)).StatusCode);

        var leaving = new DefaultHttpContext();
        leaving.Request.Headers.Cookie = $"{SessionStore.Cookie}={key}";
        await hub.Get<BrowserSessions>().SignOutAsync(leaving, default);

        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Get, "/api/zoo/me", key, "", null)).StatusCode);
    }

    [Fact]
    public async Task A_disabled_account_is_out_at_once()
    {
        var (account, key) = await BeginAsync();
        var person = await hub.JoinAsync(account.Handle);

        Assert.Equal(HttpStatusCode.OK, (await hub.Ada.SendAsync(HttpMethod.Patch, $"/api/zoo/accounts/{account.Handle}", new { isDisabled = true })).StatusCode);

        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Get, "/api/zoo/me", key, "", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await person.GetAsync("/api/zoo/me")).StatusCode);
        await hub.Ada.SendAsync(HttpMethod.Patch, $"/api/zoo/accounts/{account.Handle}", new { isDisabled = false });
        Assert.Equal(HttpStatusCode.OK, (await person.GetAsync("/api/zoo/me")).StatusCode);
    }

    async Task<(Account Account, string Key)> BeginAsync()
    {
        var account = await hub.Get<AccountStore>().CreateAsync(hub.Fresh("person"), "", null, null, false, default);
        return (account, await hub.Get<SessionStore>().BeginAsync(account.Id, default));
    }

    /// <summary>What a page would have given this browser: the cookie's seed and the token made of it.</summary>
    static (string Seed, string Token) FormPair(string sessionKey)
    {
        var page = new DefaultHttpContext();
        page.Request.Headers.Cookie = $"{SessionStore.Cookie}={sessionKey}";
        var token = FormToken.For(page);
        return (page.Response.Headers.SetCookie.ToString().Split(';')[0].Split('=')[1], token);
    }

    Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string session, string seed, string? formToken, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        if (method != HttpMethod.Get) request.Content = JsonContent.Create(new { name = "made", role = "read" });
        request.Headers.Add("Cookie", $"{SessionStore.Cookie}={session}; {FormToken.Cookie}={seed}");
        if (formToken is not null) request.Headers.Add(FormToken.Header, formToken);
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        return hub.Nobody.Http.SendAsync(request);
    }
}

public sealed class SessionTests_Sqlite(SqliteHub hub) : SessionTests(hub), IClassFixture<SqliteHub>;

public sealed class SessionTests_Postgres(PostgresHub hub) : SessionTests(hub), IClassFixture<PostgresHub>;
