using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using ModelZoo.Hub.Accounts;

namespace ModelZoo.Hub.Tests.Web;

public abstract class PageTests(TestHub hub)
{
    const string Password = "correct horse battery";

    [Fact]
    public async Task A_sign_in_needs_the_forms_own_token_and_the_right_password()
    {
        using var person = Visitor();

        var forged = await person.PostAsync("/login", ("handle", "ada"), ("password", Password));
        var wrong = await person.SignInAsync("ada", "not the password");
        var right = await person.SignInAsync("ada", Password, "/settings/tokens");

        Assert.Equal(403, forged.Code);
        Assert.Equal(401, wrong.Code);
        Assert.Contains("do not belong together", wrong.Html);
        Assert.Contains("value=\"ada\"", wrong.Html);
        Assert.DoesNotContain("not the password", wrong.Html);
        Assert.Equal((303, "/settings/tokens"), (right.Code, right.Location));
        Assert.Contains("HttpOnly", right.Response.Headers.GetValues("Set-Cookie").First(c => c.StartsWith("modelzoo_session", StringComparison.Ordinal)), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(200, (await person.GetAsync("/settings")).Code);
    }

    [Theory]
    [InlineData("https://elsewhere.example/")]
    [InlineData("//elsewhere.example/")]
    [InlineData("/\\elsewhere.example/")]
    [InlineData("javascript:alert(1)")]
    public async Task A_sign_in_never_leads_to_another_site(string next)
    {
        using var person = Visitor();
        Assert.Equal("/ada?notice=in", (await person.SignInAsync("ada", Password, next)).Location);
    }

    [Fact]
    public async Task Signing_out_ends_the_session_and_not_only_the_cookie()
    {
        using var person = await AdaAsync();
        var cookie = person.Cookies.GetCookies(new Uri(hub.Url))["modelzoo_session"]!.Value;

        await person.FillAsync("/logout", "/logout");

        using var thief = Visitor();
        thief.Cookies.Add(new Uri(hub.Url), new Cookie("modelzoo_session", cookie));
        Assert.Equal("/login?next=%2Fsettings", (await thief.GetAsync("/settings")).Location);
    }

    [Fact]
    public async Task No_form_works_without_its_token_or_with_the_token_of_another_browser()
    {
        using var person = await AdaAsync();
        using var other = await AdaAsync();
        var stolen = (await other.GetAsync("/models/new")).FormToken;
        var name = hub.Fresh("forged");

        foreach (var token in (string[])["", "0123", stolen])
            Assert.Equal(403, (await person.PostAsync("/models/new", ("form-token", token), ("kind", "model"), ("owner", "ada"), ("name", name), ("visibility", "public"))).Code);
        Assert.Equal(403, (await person.UploadAsync($"/{await hub.Ada.CreateAsync()}/upload/main", token: null, "", ("a.txt", "x"u8.ToArray()))).Code);
        Assert.Equal(404, (await person.GetAsync($"/ada/{name}")).Code);
    }

    [Fact]
    public async Task A_private_repository_looks_missing_to_others_on_every_page()
    {
        var repo = await hub.Ada.CreateAsync();
        using var ada = await AdaAsync();
        Assert.Equal(303, (await ada.FillAsync($"/{repo}/settings", $"/{repo}/settings", ("form", "general"), ("visibility", "private"), ("branch", "main"), ("description", ""))).Code);
        using var nobody = Visitor();
        using var stranger = await SomebodyAsync();

        foreach (var tail in (string[])["", "/tree/main", "/blob/main/.gitattributes", "/commits/main", "/commit/main", "/refs", "/compare", "/settings", "/edit/main/README.md", "/upload/main", "/delete/main/.gitattributes"])
        {
            Assert.Equal(404, (await nobody.GetAsync($"/{repo}{tail}")).Code);
            Assert.Equal(404, (await stranger.GetAsync($"/{repo}{tail}")).Code);
            Assert.Equal(200, (await ada.GetAsync($"/{repo}{tail}")).Code);
        }
        Assert.DoesNotContain(repo, (await stranger.GetAsync("/models")).Html);
        Assert.DoesNotContain(repo, (await nobody.GetAsync("/ada")).Html);
        var missing = Without((await nobody.GetAsync("/ada/never-was")).Html);
        Assert.Equal(missing.Replace("never-was", repo.Split('/')[1]), Without((await nobody.GetAsync($"/{repo}")).Html));

        static string Without(string html) => Regex.Replace(html, "<code>[^<]*</code>|value=\"[0-9a-f]{64}\"", "");
    }

    [Fact]
    public async Task Readers_see_pages_but_neither_buttons_nor_forms_that_change()
    {
        var repo = await hub.Ada.CreateAsync();
        using var stranger = await SomebodyAsync();

        foreach (var tail in (string[])["/edit/main/README.md", "/upload/main", "/delete/main/.gitattributes", "/settings"])
            Assert.Equal(403, (await stranger.GetAsync($"/{repo}{tail}")).Code);
        Assert.DoesNotContain("/upload/", (await stranger.GetAsync($"/{repo}/tree/main")).Html);
        Assert.DoesNotContain("/settings\"", (await stranger.GetAsync($"/{repo}/refs")).Html.Replace("href=\"/settings\"", ""));
        Assert.Equal(403, (await stranger.FillAsync("/models/new", $"/{repo}/refs", ("form", "branch"), ("name", "mine"), ("from", "main"))).Code);
        Assert.Equal(403, (await stranger.FillAsync("/models/new", "/admin/accounts", ("handle", "mallory"))).Code);
    }

    [Fact]
    public async Task A_card_edited_in_the_browser_is_a_commit_and_hostile_text_stays_text()
    {
        var repo = await hub.Ada.CreateAsync();
        using var ada = await AdaAsync();
        var parent = await hub.Ada.HeadAsync(repo);

        var saved = await ada.FillAsync($"/{repo}/edit/main/README.md", $"/{repo}/edit/main/README.md",
            ("text", "---\r\nlicense: mit\r\n---\r\n\r\n# Title\r\n\r\n<script>alert(1)</script> <b onclick=alert(2)>bold</b> [x](javascript:alert(3))\r\n"),
            ("message", "Describe <i>it</i>"), ("parent", parent), ("action", "save"));
        var stale = await ada.FillAsync($"/{repo}/edit/main/README.md", $"/{repo}/edit/main/README.md",
            ("text", "my own words"), ("message", "again"), ("parent", parent), ("action", "save"));
        var page = await ada.GetAsync($"/{repo}");

        Assert.Equal((303, $"/{repo}?notice=committed"), (saved.Code, saved.Location));
        Assert.Equal("---\nlicense: mit\n---\n\n# Title\n\n<script>alert(1)</script> <b onclick=alert(2)>bold</b> [x](javascript:alert(3))\n", Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(repo, "README.md")));
        Assert.Equal(412, stale.Code);
        Assert.Contains("my own words", stale.Html);
        Assert.DoesNotContain("<script>", page.Html);
        Assert.DoesNotContain("onclick", page.Html);
        Assert.DoesNotContain("href=\"javascript", page.Html);
        Assert.Contains("Describe &lt;i&gt;it&lt;/i&gt;", page.Html);
        Assert.Contains("script-src 'self'", page.Response.Headers.GetValues("Content-Security-Policy").Single());
    }

    [Fact]
    public async Task Metadata_that_cannot_be_read_is_refused_with_its_place_and_what_was_typed()
    {
        var repo = await hub.Ada.CreateAsync();
        using var ada = await AdaAsync();
        var refused = await ada.FillAsync($"/{repo}/edit/main/README.md", $"/{repo}/edit/main/README.md", ("text", "---\n: [\n---\nwords that must not be lost"), ("message", "x"), ("action", "save"));

        Assert.Equal(422, refused.Code);
        Assert.Contains("line 3", refused.Html);
        Assert.Contains("words that must not be lost", refused.Html);
        Assert.Equal(404, (await hub.Ada.GetAsync($"/{repo}/resolve/main/README.md")).StatusCode is HttpStatusCode.NotFound ? 404 : 0);
    }

    [Fact]
    public async Task An_upload_is_one_commit_and_large_files_become_blobs()
    {
        var repo = await hub.Ada.CreateAsync();
        using var ada = await AdaAsync();
        var before = await hub.Ada.HeadAsync(repo);
        var large = new byte[12_000_000];
        Random.Shared.NextBytes(large);

        var done = await ada.UploadAsync($"/{repo}/upload/main", "über/uns", ("a b.txt", "hello\n"u8.ToArray()), ("weights.safetensors", large), ("empty.txt", []));
        var bad = await ada.UploadAsync($"/{repo}/upload/main", "../out", ("a.txt", "x"u8.ToArray()));

        Assert.Equal(303, done.Code);
        Assert.Equal("hello\n", Encoding.UTF8.GetString(await hub.Nobody.ReadFileAsync(repo, "über/uns/a b.txt")));
        Assert.Equal(large, await hub.Nobody.ReadFileAsync(repo, "über/uns/weights.safetensors"));
        var tree = await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/main?recursive=true");
        Assert.Equal(12_000_000, tree.AsArray().Single(e => e!["path"]!.GetValue<string>().EndsWith(".safetensors", StringComparison.Ordinal))!["lfs"]!["size"]!.GetValue<long>());
        var commits = (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/commits/main")).AsArray();
        Assert.Equal(["Upload by hand"], commits.TakeWhile(c => c!["id"]!.GetValue<string>() != before).Select(c => c!["title"]!.GetValue<string>()));
        Assert.Equal(400, bad.Code);
    }

    [Fact]
    public async Task A_token_is_shown_once_works_and_stops_when_revoked()
    {
        using var ada = await AdaAsync();
        var repo = await hub.Ada.CreateAsync();
        var made = await ada.FillAsync("/settings/tokens", "/settings/tokens", ("name", "just once"), ("role", "fine-grained"), ("repositories", $"read {repo}"), ("expires", "30"));
        var secret = Regex.Match(made.Html, "hf_[A-Za-z0-9]{30,}").Value;
        var listed = await ada.GetAsync("/settings/tokens");
        var id = Regex.Match(listed.Html, "just once.*?name=\"id\" value=\"(\\d+)\"", RegexOptions.Singleline).Groups[1].Value;

        Assert.Equal(201, made.Code);
        Assert.DoesNotContain(secret, listed.Html);
        Assert.NotNull(await hub.Get<TokenStore>().FindActorAsync(secret, default));
        Assert.Equal(303, (await ada.FillAsync("/settings/tokens", "/settings/tokens/revoke", ("id", id))).Code);
        Assert.Null(await hub.Get<TokenStore>().FindActorAsync(secret, default));
        using var stranger = await SomebodyAsync();
        Assert.Equal(404, (await stranger.FillAsync("/settings/tokens", "/settings/tokens/revoke", ("id", id))).Code);
    }

    [Fact]
    public async Task Branches_with_slashes_have_addresses_encoded_or_not_and_old_names_lead_on()
    {
        var repo = await hub.Ada.CreateAsync();
        using var ada = await AdaAsync();
        await ada.FillAsync($"/{repo}/refs", $"/{repo}/refs", ("form", "branch"), ("name", "feature/x"), ("from", "main"));

        Assert.Contains("<summary class=\"button\">feature/x</summary>", (await ada.GetAsync($"/{repo}/tree/feature%2Fx")).Html);
        Assert.Contains("<summary class=\"button\">feature/x</summary>", (await ada.GetAsync($"/{repo}/blob/feature/x/.gitattributes")).Html);
        var name = hub.Fresh("renamed");
        await ada.FillAsync($"/{repo}/settings", $"/{repo}/settings", ("form", "move"), ("owner", "ada"), ("name", name));
        Assert.Equal($"/ada/{name}/tree/main", (await ada.GetAsync($"/{repo}/tree/main")).Location);
    }

    [Fact]
    public async Task An_administrator_makes_resets_and_disables_accounts()
    {
        using var ada = await AdaAsync();
        var handle = hub.Fresh("member");
        var made = await ada.FillAsync("/admin", "/admin/accounts", ("handle", handle), ("fullName", "A Member"), ("email", ""));
        var password = Regex.Match(made.Html, "<code>([A-Za-z0-9]{16})</code>").Groups[1].Value;
        using var member = Visitor();

        Assert.Equal(303, (await member.SignInAsync(handle, password)).Code);
        Assert.Equal(403, (await member.GetAsync("/admin")).Code);
        Assert.Equal(400, (await ada.FillAsync("/admin", "/admin/accounts/change", ("handle", "ada"), ("action", "disable"))).Code);
        Assert.Equal(303, (await ada.FillAsync("/admin", "/admin/accounts/change", ("handle", handle), ("action", "disable"))).Code);
        Assert.Equal("/login?next=%2Fsettings", (await member.GetAsync("/settings")).Location);
        Assert.Equal(401, (await member.SignInAsync(handle, password)).Code);
    }

    [Fact]
    public async Task A_program_signs_in_after_a_person_confirmed_its_code_and_only_then()
    {
        using var ada = await AdaAsync();
        var asked = await TestActor.ReadAsync(await hub.Nobody.Http.PostAsync("/oauth/device", new FormUrlEncodedContent([KeyValuePair.Create("client_id", "tester")])));
        var (code, secret) = (asked["user_code"]!.GetValue<string>(), asked["device_code"]!.GetValue<string>());

        var link = await ada.GetAsync($"/login/device?code={code}");
        var before = await PollAsync();
        var wrong = await ada.FillAsync("/login/device", "/login/device", ("code", "XXXX-XXXX"), ("action", "approve"));
        var approved = await ada.FillAsync($"/login/device?code={code}", "/login/device", ("code", code.ToLowerInvariant()), ("action", "approve"));
        var after = await PollAsync();

        Assert.Contains("calls itself <strong>tester</strong>", link.Html);
        Assert.Contains("authorization_pending", before);
        Assert.Equal(404, wrong.Code);
        Assert.Contains("Go back to your terminal", approved.Html);
        Assert.Contains("access_token", after);
        using var nobody = Visitor();
        Assert.StartsWith("/login?next=", (await nobody.GetAsync($"/login/device?code={code}")).Location);

        async Task<string> PollAsync() => await (await hub.Nobody.Http.PostAsync("/oauth/token", new FormUrlEncodedContent(
        [
            KeyValuePair.Create("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), KeyValuePair.Create("device_code", secret), KeyValuePair.Create("client_id", "tester"),
        ]))).Content.ReadAsStringAsync();
    }

    [Fact]
    public async Task Maintenance_started_on_the_page_is_a_job_that_its_starter_can_watch()
    {
        using var ada = await AdaAsync();
        using var stranger = await SomebodyAsync();

        foreach (var task in (string[])["hub.reindex", "hub.gc", "hub.fsck"])
        {
            var started = await ada.FillAsync("/admin", "/admin/maintenance", ("task", task));
            await hub.SettleAsync();
            var job = await ada.GetAsync(started.Location!);
            Assert.Contains($"<h1>{task}</h1>", job.Html);
            Assert.Contains(">done</span>", job.Html);
            Assert.Equal(404, (await stranger.GetAsync(started.Location!)).Code);
        }
        Assert.Contains("hub.fsck", (await ada.GetAsync("/jobs?state=done")).Html);
        Assert.DoesNotContain("hub.fsck", (await stranger.GetAsync("/jobs")).Html);
        Assert.Equal(400, (await ada.FillAsync("/admin", "/admin/maintenance", ("task", "models.profile"))).Code);
    }

    PageVisitor Visitor() => new(hub.Url);

    async Task<PageVisitor> AdaAsync()
    {
        var visitor = Visitor();
        Assert.Equal(303, (await visitor.SignInAsync("ada", Password)).Code);
        return visitor;
    }

    async Task<PageVisitor> SomebodyAsync()
    {
        var handle = hub.Fresh("somebody");
        await hub.Get<AccountStore>().CreateAsync(handle, "", null, SignIn.Hash(Password), administrator: false, default);
        var visitor = Visitor();
        Assert.Equal(303, (await visitor.SignInAsync(handle, Password)).Code);
        return visitor;
    }
}

public sealed class PageTests_Sqlite(SqliteHub hub) : PageTests(hub), IClassFixture<SqliteHub>;
public sealed class PageTests_Postgres(PostgresHub hub) : PageTests(hub), IClassFixture<PostgresHub>;
