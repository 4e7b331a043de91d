using System.Net;
using System.Text.RegularExpressions;
using ModelZoo.Hub.Tests.Profiles;

namespace ModelZoo.Hub.Tests.Web;

/// <summary>Profiles, devices, workloads and comparisons as pages.</summary>
public abstract class ModelPageTests(TestHub hub)
{
    const int MaxPageBytes = 60_000;

    async Task<string> TinyAsync(string dtype = "F32", bool isPrivate = false)
    {
        var repo = await hub.Ada.CreateAsync(isPrivate: isPrivate);
        await hub.Ada.CommitTextAsync(repo, "config.json", ModelBytes.TinyLlama);
        await hub.Ada.CommitAsync(repo, TestActor.File("model.safetensors", ModelBytes.Safetensors(ModelBytes.TinyLlamaTensors(dtype))));
        await hub.SettleAsync();
        return repo;
    }

    [Fact]
    public async Task A_profile_shows_facts_with_their_origin_and_an_estimate_whose_state_is_the_address()
    {
        var repo = await TinyAsync();
        using var visitor = new PageVisitor(hub.Url);

        var page = await visitor.GetAsync($"/{repo}/profile?device=h100-sxm&batch=8&precision=q4_k_m");
        var again = await visitor.GetAsync($"/{repo}/profile");
        var revision = await visitor.GetAsync($"/{repo}/profile/main");

        Assert.Equal(200, page.Code);
        Assert.InRange(page.Html.Length, 1_000, MaxPageBytes);
        Assert.Contains($"{ModelBytes.Count(ModelBytes.TinyLlamaTensors()):N0} parameters", page.Html);
        Assert.Contains("<small>header</small>", page.Html);
        Assert.Contains("It fits NVIDIA H100 SXM 80GB", page.Html);
        Assert.Matches("<option value=\"h100-sxm\" selected", page.Html);
        Assert.Matches("<option value=\"q4_k_m\" selected", page.Html);
        Assert.Contains("name=\"batch\" type=\"text\" value=\"8\"", page.Html);
        Assert.Contains("model.layers.0.self_attn.q_proj.weight", page.Html);
        Assert.Equal(200, revision.Code);
        // The device is remembered, the rest is not.
        Assert.Contains("It fits NVIDIA H100 SXM 80GB", again.Html);
        Assert.Contains("name=\"batch\" type=\"text\" value=\"1\"", again.Html);
        var front = await visitor.GetAsync($"/{repo}");
        Assert.Contains("on NVIDIA H100 SXM 80GB", front.Html);
        Assert.Contains("class=\"chart\"", front.Html);
    }

    [Fact]
    public async Task A_field_that_cannot_be_read_keeps_what_was_typed_and_says_why()
    {
        var repo = await TinyAsync();
        using var visitor = new PageVisitor(hub.Url);

        var page = await visitor.GetAsync($"/{repo}/profile?device=h200&batch=many&context=%3Cscript%3E");

        Assert.Equal(200, page.Code);
        Assert.Contains("There is no device &#x27;h200&#x27;. Near it: h200-sxm", page.Html);
        Assert.Contains("value=\"many\"", page.Html);
        Assert.DoesNotContain("<script>", page.Html.Replace("<script src", ""));
    }

    [Fact]
    public async Task Tensors_are_found_by_name_and_paged()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(repo, TestActor.File("model.safetensors", ModelBytes.Safetensors(Enumerable.Range(0, 95).Select(i => ($"layers.{i}.weight", "F32", new long[] { 2, 2 })))));
        using var visitor = new PageVisitor(hub.Url);

        var first = await visitor.GetAsync($"/{repo}/profile");
        var next = WebUtility.HtmlDecode(Regex.Match(first.Html, "rel=\"next\"[^>]*href=\"([^\"]*)\"|href=\"([^\"]*)\" rel=\"next\"").Groups is var groups && groups[1].Length > 0 ? groups[1].Value : groups[2].Value);
        var found = await visitor.GetAsync($"/{repo}/profile?q=LAYERS.7");

        Assert.Contains("95 tensors", first.Html);
        Assert.Contains("from=12", next);
        Assert.Equal(12, Regex.Count((await visitor.GetAsync(next)).Html, "<th scope=\"row\">layers\\."));
        Assert.Contains("11 tensors", found.Html);      // layers.7 and layers.70 to 79
        Assert.Equal(11, Regex.Count(found.Html, "<th scope=\"row\">layers\\.7"));
    }

    [Fact]
    public async Task What_is_no_model_says_so_and_what_is_broken_is_named()
    {
        var text = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(text, "notes.txt", "nothing of a model");
        var broken = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(broken, TestActor.File("model.safetensors", "no header at all, and too short"u8.ToArray()));
        var empty = await hub.Ada.CreateAsync();
        using var visitor = new PageVisitor(hub.Url);

        Assert.Contains("No profile", (await visitor.GetAsync($"/{text}/profile")).Html);
        Assert.Contains("model.safetensors", (await visitor.GetAsync($"/{broken}/profile")).Html);
        Assert.Equal(200, (await visitor.GetAsync($"/{empty}/profile")).Code);
        Assert.Equal(404, (await visitor.GetAsync($"/{text}/profile/no-such-branch")).Code);
        Assert.Equal(404, (await visitor.GetAsync("/ada/never-was/profile")).Code);
    }

    [Fact]
    public async Task Nobody_learns_of_a_private_model_from_devices_comparisons_or_lists()
    {
        var secret = await TinyAsync(isPrivate: true);
        using var nobody = new PageVisitor(hub.Url);

        Assert.Equal(404, (await nobody.GetAsync($"/{secret}/profile")).Code);
        Assert.DoesNotContain(secret, (await nobody.GetAsync("/devices/h100-sxm?q=" + secret.Split('/')[1])).Html.Replace($"value=\"{secret.Split('/')[1]}\"", ""));
        Assert.DoesNotContain(secret, (await nobody.GetAsync("/models?fits=h100-sxm")).Html);
        var compared = (await nobody.GetAsync($"/compare?m={secret}")).Html;
        var missing = (await nobody.GetAsync("/compare?m=ada/never-was")).Html;
        Assert.Equal(Without(missing, "ada/never-was"), Without(compared, secret));

        static string Without(string html, string id) => Regex.Replace(html, "value=\"[0-9a-f]{64}\"", "").Replace(id, "ID").Replace(Uri.EscapeDataString(id), "ID");
    }

    [Fact]
    public async Task A_list_is_narrowed_to_what_fits_a_device()
    {
        var repo = await TinyAsync();
        using var visitor = new PageVisitor(hub.Url);
        var name = repo.Split('/')[1];

        Assert.Contains($"/{repo}\"", (await visitor.GetAsync($"/models?fits=h100-sxm&q={name}")).Html);
        Assert.DoesNotContain($"/{repo}\"", (await visitor.GetAsync($"/models?fits=nrf52840&q={name}")).Html);
        Assert.Contains("There is no device", (await visitor.GetAsync("/models?fits=abacus")).Html);
        Assert.Contains(repo, (await visitor.GetAsync($"/devices/h100-sxm?q={name}")).Html);
    }

    [Fact]
    public async Task Devices_and_workloads_of_repositories_stand_beside_those_of_the_registry()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(repo, TestActor.File("modelzoo/devices.json", """[{"id":"rig","name":"Ada's rig <b>","fp16":1e14,"memory_bytes":2.4e10,"memory_bandwidth_Bps":1e12}]"""),
            TestActor.File("modelzoo/workloads.json", """[{"id":"mine","name":"Mine","parameters":7e9}]"""));
        await hub.SettleAsync();
        using var visitor = new PageVisitor(hub.Url);
        var (device, workload) = (Uri.EscapeDataString($"{repo}:rig"), Uri.EscapeDataString($"{repo}:mine"));

        Assert.Contains("Ada&#x27;s rig &lt;b&gt;", (await visitor.GetAsync("/devices?q=rig")).Html);
        Assert.Contains("24.0 GB", (await visitor.GetAsync($"/devices/{device}")).Html);
        Assert.Contains("7.00 B", (await visitor.GetAsync($"/workloads/{workload}?device={device}")).Html);
        Assert.Contains("It fits Ada&#x27;s rig", (await visitor.GetAsync($"/workloads/{workload}?device={device}")).Html);
        Assert.Equal(404, (await visitor.GetAsync("/devices/abacus")).Code);
        Assert.Equal(404, (await visitor.GetAsync("/workloads/abacus")).Code);
    }

    [Fact]
    public async Task Models_stand_side_by_side_with_their_differences_marked()
    {
        var (one, other) = (await TinyAsync(), await TinyAsync("BF16"));
        using var visitor = new PageVisitor(hub.Url);

        var page = await visitor.GetAsync($"/compare?m={one}&m={other}&m=llama-3.1-8b&m=ada/never-was&device=rtx-4090");

        Assert.Equal(200, page.Code);
        Assert.InRange(page.Html.Length, 1_000, MaxPageBytes);
        Assert.Contains("There is no model &#x27;ada/never-was&#x27;", page.Html);
        Assert.Contains("retyped", page.Html);
        Assert.Matches("<tr data-differs><th scope=\"row\">Parameters<span", page.Html);
        Assert.Contains("hidden_size", page.Html);
        Assert.Equal(200, (await visitor.GetAsync("/compare")).Code);
    }

    [Fact]
    public async Task A_commit_that_changes_weights_shows_which_tensors()
    {
        var repo = await TinyAsync();
        var before = await hub.Ada.HeadAsync(repo);
        await hub.Ada.CommitAsync(repo, TestActor.File("model.safetensors", ModelBytes.Safetensors([("extra.weight", "F32", [3, 3]), .. ModelBytes.TinyLlamaTensors().Skip(1)])));
        var weights = await hub.Ada.HeadAsync(repo);
        await hub.Ada.CommitTextAsync(repo, "notes.txt", "words");
        using var visitor = new PageVisitor(hub.Url);

        var changed = await visitor.GetAsync($"/{repo}/commit/{weights}");
        var words = await visitor.GetAsync($"/{repo}/commit/main");

        Assert.Contains("1 added, 1 removed", changed.Html);
        Assert.Contains("extra.weight", changed.Html);
        Assert.DoesNotContain("Tensors that differ", words.Html);
        Assert.Contains("1 added, 1 removed", (await visitor.GetAsync($"/{repo}/compare?from={before}&to=main")).Html);
    }

    [Fact]
    public async Task An_empty_hub_still_has_its_registry_in_pages_that_are_not_heavy()
    {
        using var visitor = new PageVisitor(hub.Url);
        foreach (var address in (string[])["/devices", "/devices?kind=tiny&sort=memory", "/devices?page=2", "/devices/h100-sxm?batch=4&context=8k&page=2", "/devices/esp32-s3", "/workloads", "/workloads?family=SSM", "/workloads/gpt-oss-20b?device=dgx-spark&batch=16",
                     "/workloads/deepseek-v3?device=b200-sxm&count=8&batch=64&context=64k", "/workloads/flux.1-dev", "/workloads/whisper-large-v3", "/compare?m=llama-3.1-8b&m=qwen3-8b&m=gemma-2-9b&m=mixtral-8x7b&m=jamba-v0.1"])
        {
            var page = await visitor.GetAsync(address);
            Assert.True(page.Code == 200 && page.Html.Length is > 1_000 and < MaxPageBytes, $"{address}: {page.Code}, {page.Html.Length} characters");
        }
    }
}

public sealed class ModelPageTests_Sqlite(SqliteHub hub) : ModelPageTests(hub), IClassFixture<SqliteHub>;
public sealed class ModelPageTests_Postgres(PostgresHub hub) : ModelPageTests(hub), IClassFixture<PostgresHub>;
