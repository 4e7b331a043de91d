using System.Net;
using System.Text.Json.Nodes;
using ModelZoo.Client;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Tests.Accounts;

public abstract class DeviceLoginTests(TestHub hub)
{
    const string Grant = "urn:ietf:params:oauth:grant-type:device_code";

    [Fact]
    public async Task A_program_gets_a_token_once_a_person_has_confirmed_its_code()
    {
        var begun = await BeginAsync();
        var code = begun["device_code"]!.GetValue<string>();
        var shown = begun["user_code"]!.GetValue<string>();
        Assert.Equal($"{hub.Url}/login/device", begun["verification_uri"]!.GetValue<string>());
        Assert.Contains(shown, begun["verification_uri_complete"]!.GetValue<string>());

        Assert.Equal("authorization_pending", await ErrorAsync(code));
        Assert.Equal("slow_down", await ErrorAsync(code));
        var logins = hub.Get<DeviceLoginStore>();
        var waiting = await logins.FindByUserCodeAsync(shown.ToLowerInvariant().Replace("-", " "), default);
        Assert.Equal("test", waiting!.ClientId);
        var (account, token) = await PersonAsync();
        Assert.True(await logins.ApproveAsync(shown, account, default));
        Assert.False(await logins.ApproveAsync(shown, account, default));
        Assert.Null(await logins.FindByUserCodeAsync(shown, default));

        var granted = JsonNode.Parse(await (await PollAsync(code)).Content.ReadAsStringAsync())!;

        Assert.Equal("bearer", granted["token_type"]!.GetValue<string>());
        Assert.Null(granted["refresh_token"]);
        var program = new TestActor(hub, granted["access_token"]!.GetValue<string>(), account.Handle);
        Assert.Equal(account.Handle, (await program.GetJsonAsync("/api/whoami-v2"))["name"]!.GetValue<string>());
        Assert.Equal("expired_token", await ErrorAsync(code));
        Assert.Contains((await hub.Ada.GetJsonAsync("/api/zoo/audit?action=device.approved")).AsArray(), entry => entry!["account"]!.GetValue<string>() == account.Handle);
    }

    [Fact]
    public async Task Our_own_client_logs_in_this_way()
    {
        using var zoo = new ZooClient(new ZooClientOptions { Endpoint = new(hub.Url) });
        var login = await zoo.StartDeviceLoginAsync();
        var (account, _) = await PersonAsync();
        await hub.Get<DeviceLoginStore>().ApproveAsync(login.UserCode, account, default);

        var token = await zoo.FinishDeviceLoginAsync(login with { Interval = 1 });

        Assert.Equal(HttpStatusCode.OK, (await new TestActor(hub, token, account.Handle).GetAsync("/api/whoami-v2")).StatusCode);
    }

    [Fact]
    public async Task Refused_expired_and_foreign_codes_end_the_login()
    {
        var (account, _) = await PersonAsync();
        var refused = await BeginAsync();
        Assert.True(await hub.Get<DeviceLoginStore>().DenyAsync(refused["user_code"]!.GetValue<string>(), account, default));
        Assert.Equal("access_denied", await ErrorAsync(refused["device_code"]!.GetValue<string>()));

        var old = await BeginAsync();
        await hub.Get<HubDatabase>().ExecuteAsync("update device_login set expires_at = 1 where user_code = @code", new { code = old["user_code"]!.GetValue<string>() }, default);
        Assert.Equal("expired_token", await ErrorAsync(old["device_code"]!.GetValue<string>()));
        Assert.False(await hub.Get<DeviceLoginStore>().ApproveAsync(old["user_code"]!.GetValue<string>(), account, default));

        var other = await BeginAsync();
        Assert.Equal("expired_token", await ErrorAsync(other["device_code"]!.GetValue<string>(), client: "somebody else"));
        Assert.Equal("expired_token", await ErrorAsync("made up"));
    }

    [Fact]
    public async Task What_the_hub_does_not_do_is_refused_in_the_words_of_oauth()
    {
        Assert.Equal("invalid_grant", await PostErrorAsync(("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", "test")));
        Assert.Equal("unsupported_grant_type", await PostErrorAsync(("grant_type", "password")));
        Assert.Equal("invalid_request", await PostErrorAsync());
        var json = await hub.Nobody.SendAsync(HttpMethod.Post, "/oauth/device", new { client_id = "x" });
        Assert.Equal(HttpStatusCode.BadRequest, json.StatusCode);
        Assert.Contains("invalid_request", await json.Content.ReadAsStringAsync());
    }

    async Task<(Account Account, string Token)> PersonAsync()
    {
        var person = await hub.JoinAsync();
        return ((await hub.Get<AccountStore>().FindAsync(person.Handle, default))!, person.Token!);
    }

    async Task<JsonNode> BeginAsync() => await TestActor.ReadAsync(await hub.Nobody.Http.PostAsync("/oauth/device", Form(("client_id", "test"))));

    Task<HttpResponseMessage> PollAsync(string code, string client = "test") =>
        hub.Nobody.Http.PostAsync("/oauth/token", Form(("grant_type", Grant), ("device_code", code), ("client_id", client)));

    async Task<string> ErrorAsync(string code, string client = "test") => await ErrorOfAsync(await PollAsync(code, client));

    async Task<string> PostErrorAsync(params (string, string)[] fields) => await ErrorOfAsync(await hub.Nobody.Http.PostAsync("/oauth/token", Form(fields)));

    static async Task<string> ErrorOfAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!.GetValue<string>();
    }

    static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) => new(fields.Select(field => new KeyValuePair<string, string>(field.Name, field.Value)));
}

public sealed class DeviceLoginTests_Sqlite(SqliteHub hub) : DeviceLoginTests(hub), IClassFixture<SqliteHub>;

public sealed class DeviceLoginTests_Postgres(PostgresHub hub) : DeviceLoginTests(hub), IClassFixture<PostgresHub>;
