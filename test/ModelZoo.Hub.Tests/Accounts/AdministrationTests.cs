using System.Net;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Accounts;

namespace ModelZoo.Hub.Tests.Accounts;

public abstract class AdministrationTests(TestHub hub)
{
    [Fact]
    public async Task An_administrator_makes_accounts_whose_drawn_password_works_once_told()
    {
        var handle = hub.Fresh("new");
        var made = await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Post, "/api/zoo/accounts", new { handle, fullName = "New Person", email = "new@example.org" }));

        Assert.Equal("New Person", made["account"]!["fullName"]!.GetValue<string>());
        Assert.NotNull(await hub.Get<SignIn>().TryAsync(handle, made["password"]!.GetValue<string>(), "test", default));
        Assert.Equal(HttpStatusCode.Conflict, (await hub.Ada.SendAsync(HttpMethod.Post, "/api/zoo/accounts", new { handle = handle.ToUpperInvariant() })).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.SendAsync(HttpMethod.Post, "/api/zoo/accounts", new { handle = "api" })).StatusCode);
        Assert.Contains((await hub.Ada.GetJsonAsync("/api/zoo/accounts")).AsArray(), a => a!["handle"]!.GetValue<string>() == handle);
        var set = await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Put, $"/api/zoo/accounts/{handle}/password", new { }));
        Assert.NotNull(await hub.Get<SignIn>().TryAsync(handle, set["password"]!.GetValue<string>(), "test", default));
    }

    [Fact]
    public async Task The_last_administrator_stays_one()
    {
        var demoted = await hub.Ada.SendAsync(HttpMethod.Patch, "/api/zoo/accounts/ada", new { isAdministrator = false });
        var disabled = await hub.Ada.SendAsync(HttpMethod.Patch, "/api/zoo/accounts/ada", new { isDisabled = true });

        Assert.Equal([HttpStatusCode.Conflict, HttpStatusCode.Conflict], [demoted.StatusCode, disabled.StatusCode]);
        Assert.Equal(HttpStatusCode.OK, (await hub.Ada.GetAsync("/api/zoo/accounts")).StatusCode);
    }

    [Fact]
    public async Task People_change_their_own_profile_and_nobody_elses()
    {
        var person = await hub.JoinAsync();
        var changed = await TestActor.ReadAsync(await person.SendAsync(HttpMethod.Patch, "/api/zoo/me", new { fullName = "Grace", email = "grace@example.org" }));

        Assert.Equal("Grace", changed["fullName"]!.GetValue<string>());
        Assert.Equal("grace@example.org", (await person.GetJsonAsync("/api/whoami-v2"))["email"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.Forbidden, (await person.SendAsync(HttpMethod.Patch, "/api/zoo/accounts/ada", new { fullName = "x" })).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await person.SendAsync(HttpMethod.Patch, "/api/zoo/me", new { fullName = "two\r\nlines" })).StatusCode);
    }

    [Fact]
    public async Task Collaborators_get_what_they_are_given_and_lose_it_when_it_is_taken()
    {
        var (owner, guest) = (await hub.JoinAsync(), await hub.JoinAsync());
        var repo = await owner.CreateAsync(isPrivate: true);
        var api = $"/api/zoo/models/{repo}/collaborators";
        Assert.Equal(HttpStatusCode.NotFound, (await guest.GetAsync($"/api/models/{repo}")).StatusCode);

        await TestActor.ReadAsync(await owner.SendAsync(HttpMethod.Put, $"{api}/{guest.Handle}", new { access = "read" }));
        Assert.Equal(HttpStatusCode.OK, (await guest.GetAsync($"/api/models/{repo}")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await guest.TryCommitAsync(TestActor.Api(repo), "x", null, TestActor.File("a", "b"))).StatusCode);
        await owner.SendAsync(HttpMethod.Put, $"{api}/{guest.Handle}", new { access = "write" });
        Assert.Equal(HttpStatusCode.OK, (await guest.TryCommitAsync(TestActor.Api(repo), "x", null, TestActor.File("a", "b"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await guest.GetAsync(api)).StatusCode);
        await owner.SendAsync(HttpMethod.Put, $"{api}/{guest.Handle}", new { access = "administer" });
        Assert.Equal([(guest.Handle, "administer")], (await guest.GetJsonAsync(api)).AsArray().Select(c => (c!["handle"]!.GetValue<string>(), c["access"]!.GetValue<string>())));

        Assert.Equal(HttpStatusCode.NoContent, (await owner.SendAsync(HttpMethod.Delete, $"{api}/{guest.Handle}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await guest.GetAsync($"/api/models/{repo}")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await owner.SendAsync(HttpMethod.Put, $"{api}/{guest.Handle}", new { access = "own" })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await owner.SendAsync(HttpMethod.Put, $"{api}/no-such-one", new { access = "read" })).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await owner.SendAsync(HttpMethod.Put, $"{api}/{owner.Handle}", new { access = "read" })).StatusCode);
    }

    [Fact]
    public async Task Settings_change_and_an_administrator_can_take_a_repository_out_of_use()
    {
        var owner = await hub.JoinAsync();
        var repo = await owner.CreateAsync();
        await owner.SendAsync(HttpMethod.Post, $"/api/models/{repo}/branch/next", new { });
        var settings = $"/api/zoo/models/{repo}/settings";

        var changed = await TestActor.ReadAsync(await owner.SendAsync(HttpMethod.Patch, settings, new { defaultBranch = "next", description = "A thing", isPrivate = true }));
        Assert.Equal(("next", "A thing", true), (changed["defaultBranch"]!.GetValue<string>(), changed["description"]!.GetValue<string>(), changed["isPrivate"]!.GetValue<bool>()));
        Assert.Equal(HttpStatusCode.NotFound, (await owner.SendAsync(HttpMethod.Patch, settings, new { defaultBranch = "absent" })).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await hub.Nobody.GetAsync($"/api/models/{repo}")).StatusCode);

        Assert.Equal(HttpStatusCode.Forbidden, (await owner.SendAsync(HttpMethod.Put, $"/api/zoo/models/{repo}/disabled", new { isDisabled = true })).StatusCode);
        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Put, $"/api/zoo/models/{repo}/disabled", new { isDisabled = true }));
        var refused = await owner.GetAsync($"/api/models/{repo}");
        Assert.Equal((HttpStatusCode.Forbidden, "Access to this resource is disabled."), (refused.StatusCode, refused.Headers.GetValues("X-Error-Message").Single()));
        await hub.Ada.SendAsync(HttpMethod.Put, $"/api/zoo/models/{repo}/disabled", new { isDisabled = false });
        Assert.Equal(HttpStatusCode.OK, (await owner.GetAsync($"/api/models/{repo}")).StatusCode);
    }

    [Fact]
    public async Task What_was_done_stands_in_the_audit_trail_and_in_the_repositorys_activity()
    {
        var (owner, guest) = (await hub.JoinAsync(), await hub.JoinAsync());
        var repo = await owner.CreateAsync(isPrivate: true);
        await owner.SendAsync(HttpMethod.Patch, $"/api/zoo/models/{repo}/settings", new { isPrivate = false });
        await owner.SendAsync(HttpMethod.Put, $"/api/zoo/models/{repo}/collaborators/{guest.Handle}", new { access = "read" });
        var moved = $"{owner.Handle}/{hub.Fresh("moved")}";
        await TestActor.ReadAsync(await owner.SendAsync(HttpMethod.Post, "/api/repos/move", new { fromRepo = repo, toRepo = moved, type = "model" }));

        Assert.Equal(["repository.moved", "repository.collaborator", "repository.visibility", "repository.made"], await ActionsAsync(owner, moved));
        Assert.Equal(["repository.moved", "repository.visibility", "repository.made"], await ActionsAsync(hub.Nobody, moved));
        await hub.Ada.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = moved, type = "model" });

        var trail = (await hub.Ada.GetJsonAsync("/api/zoo/audit?limit=500")).AsArray();
        var deleted = trail.First(entry => entry!["action"]!.GetValue<string>() == "repository.deleted")!;
        Assert.Equal(("ada", $"model {moved}"), (deleted["account"]!.GetValue<string>(), deleted["detail"]!.GetValue<string>()));
        Assert.Equal("127.0.0.1", deleted["address"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.Forbidden, (await owner.GetAsync("/api/zoo/audit")).StatusCode);
        var before = trail[1]!["id"]!.GetValue<string>();
        Assert.Equal(trail[2]!["id"]!.GetValue<string>(), (await hub.Ada.GetJsonAsync($"/api/zoo/audit?before={before}&limit=1"))[0]!["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Failed_sign_ins_are_recorded_without_what_was_typed()
    {
        await hub.Get<SignIn>().TryAsync("my secret in the wrong field", "x", "198.51.100.9", default);
        await hub.Get<SignIn>().TryAsync("ada", "another secret", "198.51.100.9", default);

        var text = await (await hub.Ada.GetAsync("/api/zoo/audit?action=sign-in.failed")).Content.ReadAsStringAsync();

        Assert.Contains("no such account", text);
        Assert.DoesNotContain("secret", text);
    }

    static async Task<string[]> ActionsAsync(TestActor actor, string repo) =>
        [.. (await actor.GetJsonAsync($"/api/zoo/models/{repo}/activity")).AsArray().Select(a => a!["action"]!.GetValue<string>())];
}

public sealed class AdministrationTests_Sqlite(SqliteHub hub) : AdministrationTests(hub), IClassFixture<SqliteHub>;

public sealed class AdministrationTests_Postgres(PostgresHub hub) : AdministrationTests(hub), IClassFixture<PostgresHub>;
