using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Tests.Cluster;

/// <summary>What one node is told, the other knows with the next request.</summary>
public sealed class SharedStateTests(TwoNodes nodes) : IClassFixture<TwoNodes>
{
    TestHub A => nodes.A;

    [Fact]
    public async Task A_token_revoked_on_one_node_is_refused_by_the_other()
    {
        var who = await A.JoinAsync();
        var other = nodes.OnB(who);
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/api/whoami-v2")).StatusCode);
        var id = (await who.GetJsonAsync("/api/zoo/tokens"))[0]!["id"]!.GetValue<string>();
        Assert.True((await who.SendAsync(HttpMethod.Delete, $"/api/zoo/tokens/{id}")).IsSuccessStatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.GetAsync("/api/whoami-v2")).StatusCode);
    }

    [Fact]
    public async Task An_account_disabled_on_one_node_is_nobody_on_the_other_and_back()
    {
        var who = await A.JoinAsync();
        var other = nodes.OnB(who);
        await A.Ada.SendAsync(HttpMethod.Patch, $"/api/zoo/accounts/{who.Handle}", new { isDisabled = true });
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.GetAsync("/api/whoami-v2")).StatusCode);
        await A.Ada.SendAsync(HttpMethod.Patch, $"/api/zoo/accounts/{who.Handle}", new { isDisabled = false });
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/api/whoami-v2")).StatusCode);
    }

    [Fact]
    public async Task A_session_begun_on_one_node_serves_on_the_other_until_the_first_ends_it()
    {
        var account = (await A.Get<AccountStore>().FindAsync((await A.JoinAsync()).Handle, default))!;
        var key = await A.Get<SessionStore>().BeginAsync(account.Id, default);
        async Task<HttpStatusCode> AskAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/whoami-v2") { Headers = { { "Cookie", $"{SessionStore.Cookie}={key}" } } };
            return (await nodes.B.Nobody.Http.SendAsync(request)).StatusCode;
        }
        Assert.Equal(HttpStatusCode.OK, await AskAsync());
        await A.Get<SessionStore>().EndAsync(key, default);
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync());
    }

    [Fact]
    public async Task Access_given_and_taken_on_one_node_counts_on_the_other()
    {
        var (owner, guest) = (await A.JoinAsync(), await A.JoinAsync());
        var repo = await owner.CreateAsync(isPrivate: true);
        var far = nodes.OnB(guest);
        Assert.Equal(HttpStatusCode.NotFound, (await far.GetAsync($"/api/models/{repo}")).StatusCode);
        await owner.SendAsync(HttpMethod.Put, $"/api/zoo/models/{repo}/collaborators/{guest.Handle}", new { access = "read" });
        Assert.Equal(HttpStatusCode.OK, (await far.GetAsync($"/api/models/{repo}")).StatusCode);
        Assert.Single((await far.GetJsonAsync($"/api/models?author={owner.Handle}")).AsArray());
        await owner.SendAsync(HttpMethod.Delete, $"/api/zoo/models/{repo}/collaborators/{guest.Handle}");
        Assert.Equal(HttpStatusCode.NotFound, (await far.GetAsync($"/api/models/{repo}")).StatusCode);
        Assert.Empty((await far.GetJsonAsync($"/api/models?author={owner.Handle}")).AsArray());
    }

    [Fact]
    public async Task Repositories_branches_and_settings_made_on_one_node_are_there_on_the_other_at_once()
    {
        var owner = await A.JoinAsync();
        var far = nodes.OnB(owner);
        for (var i = 0; i < 5; i++)
        {
            var repo = await (i % 2 == 0 ? owner : far).CreateAsync($"of-both-{i}");
            var (here, there) = i % 2 == 0 ? (owner, far) : (far, owner);
            Assert.Equal(i + 1, (await there.GetJsonAsync($"/api/models?author={owner.Handle}")).AsArray().Count);
            var head = await here.CommitTextAsync(repo, "README.md", $"# {i}");
            Assert.Equal(head, await there.HeadAsync(repo));
            await here.SendAsync(HttpMethod.Post, $"/api/models/{repo}/branch/next", new { });
            Assert.Equal(HttpStatusCode.OK, (await there.GetAsync($"/api/models/{repo}/revision/next")).StatusCode);
            await there.SendAsync(HttpMethod.Patch, $"/api/zoo/models/{repo}/settings", new { defaultBranch = "next" });
            Assert.Equal("next", (await here.GetJsonAsync($"/api/zoo/models/{repo}/settings"))["defaultBranch"]!.GetValue<string>());
            await here.SendAsync(HttpMethod.Delete, $"/api/models/{repo}/branch/main");
            Assert.Equal(HttpStatusCode.NotFound, (await there.GetAsync($"/api/models/{repo}/revision/main")).StatusCode);
        }
    }

    [Fact]
    public async Task A_deleted_repository_is_gone_from_lists_and_addresses_of_the_other_node()
    {
        var owner = await A.JoinAsync();
        var far = nodes.OnB(owner);
        var repo = await owner.CreateAsync();
        Assert.Single((await far.GetJsonAsync($"/api/models?author={owner.Handle}")).AsArray());
        await owner.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = repo.Split('/')[1], type = "model" });
        Assert.Empty((await far.GetJsonAsync($"/api/models?author={owner.Handle}")).AsArray());
        Assert.Equal(HttpStatusCode.NotFound, (await far.GetAsync($"/api/models/{repo}")).StatusCode);
    }

    [Fact]
    public async Task Failed_sign_ins_are_counted_by_all_nodes_together()
    {
        var who = await A.JoinAsync();
        async Task<HttpStatusCode> TryAsync(TestHub hub)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/zoo/tokens");
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{who.Handle}:wrong password")));
            request.Content = new StringContent("""{"name":"x","role":"read"}""", Encoding.UTF8, "application/json");
            return (await hub.Nobody.Http.SendAsync(request)).StatusCode;
        }
        for (var i = 0; i < 5; i++) Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(i % 2 == 0 ? A : nodes.B));
        Assert.Equal(HttpStatusCode.TooManyRequests, await TryAsync(A));
        Assert.Equal(HttpStatusCode.TooManyRequests, await TryAsync(nodes.B));
    }

    [Fact]
    public async Task Content_promised_by_one_node_is_sent_to_the_store_and_taken_by_the_other()
    {
        var owner = await A.JoinAsync();
        var far = nodes.OnB(owner);
        var repo = await owner.CreateAsync();
        var content = RandomNumberGenerator.GetBytes(9 << 20);
        var oid = Convert.ToHexStringLower(SHA256.HashData(content));
        var answer = await owner.PostJsonAsync($"/{repo}.git/info/lfs/objects/batch", new { operation = "upload", objects = new[] { new { oid, size = content.Length } } });
        var href = answer["objects"]![0]!["actions"]!["upload"]!["href"]!.GetValue<string>();
        Assert.StartsWith(A.Options.Storage.Endpoint!, href);
        using var http = new HttpClient();
        Assert.True((await http.PutAsync(href, new ByteArrayContent(content))).IsSuccessStatusCode);
        var head = await far.CommitAsync(repo, TestActor.Large("model.bin", oid, content.Length));
        Assert.Equal(head, await owner.HeadAsync(repo));
        var redirect = await owner.ResolveAsync(repo, "model.bin");
        Assert.Equal(HttpStatusCode.Redirect, redirect.StatusCode);
        Assert.Equal(content, await http.GetByteArrayAsync(redirect.Headers.Location));
    }

    [Fact]
    public async Task A_job_of_a_node_without_workers_is_done_by_another()
    {
        var id = (await A.Get<JobStore>().EnqueueAsync(new NewJob("hub.totals", "{}", Subject: Secrets.NewText(8)), default))!.Value;
        A.Get<JobBell>().Ring();
        for (var i = 0; i < 400 && (await A.Get<JobStore>().FindAsync(id, default))!.State != "done"; i++) await Task.Delay(25);
        Assert.Equal("done", (await A.Get<JobStore>().FindAsync(id, default))!.State);
    }

    [Fact]
    public async Task Commits_of_two_nodes_to_one_branch_take_turns_and_none_is_lost()
    {
        var owner = await A.JoinAsync();
        var repo = await owner.CreateAsync();
        var writers = new[] { owner, nodes.OnB(owner), nodes.OnB(owner), owner };
        await Task.WhenAll(writers.Select(async (writer, number) =>
        {
            for (var i = 0; i < 8; i++) await writer.CommitTextAsync(repo, $"w{number}/{i}.txt", $"{number} {i}");
        }));
        var files = (await owner.GetJsonAsync($"/api/models/{repo}/tree/main?recursive=true")).AsArray().Count(e => e!["type"]!.GetValue<string>() == "file");
        Assert.Equal(33, files);
        Assert.Equal(33, (await owner.GetJsonAsync($"/api/models/{repo}/commits/main?limit=1000")).AsArray().Count);
    }

    [Fact]
    public async Task The_nodes_know_each_other()
    {
        var answer = await A.Ada.GetJsonAsync("/api/zoo/nodes");
        var known = answer["nodes"]!.AsArray();
        Assert.Equal(["first", "second"], known.Select(n => n!["name"]!.GetValue<string>()).Order());
        Assert.Equal(2, known.Select(n => n!["id"]!.GetValue<long>()).Distinct().Count());
        Assert.Equal("first", Assert.Single(known, n => n!["isThis"]!.GetValue<bool>())!["name"]!.GetValue<string>());
        Assert.All(known, n => Assert.True(n!["isAlive"]!.GetValue<bool>()));
    }
}
