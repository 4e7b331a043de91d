using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Tests.Populations;
using static ModelZoo.Hub.Tests.Populations.TunedRepositories;

namespace ModelZoo.Hub.Tests.Web;

/// <summary>Fine-tuning from a model's page: what it would do, what is wrong with what was typed, and the way to the result.</summary>
public abstract class FineTunePageTests(TestHub hub)
{
    [Fact]
    public async Task A_form_begins_the_work_and_the_jobs_page_leads_to_the_result()
    {
        Require();
        var (model, data) = (await ModelAsync(hub.Ada), await DataAsync(hub.Ada));
        var target = $"{hub.Ada.Handle}/{hub.Fresh("tuned")}";
        using var ada = new PageVisitor(hub.Url);
        await ada.SignInAsync("ada", "correct horse battery");
        Assert.Contains($"href=\"/{model}/finetune\"", (await ada.GetAsync($"/{model}")).Html);

        var begun = await ada.FillAsync($"/{model}/finetune", $"/{model}/finetune", ("dataset", data), ("method", "probe"), ("epochs", "2"), ("learningRate", "1e-2"), ("target", target), ("labelColumn", "label"), ("newHead", "on"));
        Assert.True(begun.Code == 303, begun.Html);
        var during = await ada.GetAsync(begun.Location!);
        var done = await EndAsync(hub.Ada, new JsonObject { ["id"] = Regex.Match(begun.Location!, "/jobs/([^?]+)").Groups[1].Value });
        Assert.True((string?)done["state"] == "done", $"{done}");
        var after = await ada.GetAsync(begun.Location!);
        using var bob = new PageVisitor(hub.Url);

        Assert.Equal(200, during.Code);
        Assert.Contains($"{data} at ", during.Html);
        Assert.Contains("probe of the head, at most 2 epochs, learning rate 0.01, a new head", during.Html);
        Assert.Contains($"href=\"/{target}\">Open {target}</a>", after.Html);
        Assert.DoesNotContain("http-equiv=\"refresh\"", after.Html);
        Assert.Contains(model, (await bob.GetAsync($"/{target}")).Html);
        Assert.NotEqual(200, (await bob.GetAsync(begun.Location!)).Code);
    }

    [Fact]
    public async Task What_is_wrong_is_said_at_its_field_and_what_was_typed_stays()
    {
        var (model, data) = (await ModelAsync(hub.Ada), await DataAsync(hub.Ada));
        var bob = await hub.JoinAsync();
        var foreign = await bob.CreateAsync();
        var hidden = await DataAsync(bob, isPrivate: true);
        // No administrator, who may do all of this.
        var handle = hub.Fresh("visitor");
        await hub.Get<AccountStore>().CreateAsync(handle, "", null, SignIn.Hash("correct horse battery"), administrator: false, default);
        using var visitor = new PageVisitor(hub.Url);
        Assert.Equal(303, (await visitor.SignInAsync(handle, "correct horse battery")).Code);
        foreach (var (field, value, words) in new[]
        {
            ("dataset", "", "Name a data set as owner/name."), ("dataset", "nobody/nothing", "no such data set"), ("dataset", hidden, "no such data set"), ("dataset", "<script>", "Name a data set"), ("datasetRevision", "no-such", "no such branch"),
            ("revision", "no-such", "no such branch"), ("epochs", "many", "must be a whole number"), ("epochs", "500", "must be at most"), ("epochs", "0", "Epochs must be"), ("learningRate", "fast", "must be a number"), ("learningRate", "-1", "The learning rate"),
            ("rank", "0", "The rank"), ("target", "", "Name the result"), ("target", model, "would replace"), ("target", foreign, "may not"), ("target", $"{bob.Handle}/mine", "may not"), ("method", "magic", "must be one of"),
        })
        {
            (string Name, string Value)[] fields = [("dataset", data), ("method", "lora"), ("target", $"{handle}/{hub.Fresh("x")}"), ("batch", "7")];
            var page = await visitor.FillAsync($"/{model}/finetune", $"/{model}/finetune", [.. fields.Where(known => known.Name != field), (field, value)]);
            Assert.True(page.Code is >= 400 and < 500, $"{field}={value}: {page.Code}");
            var error = Regex.Match(page.Html, $"id=\"f-{field}-error\">([^<]*)<");
            Assert.True(error.Success && WebUtility.HtmlDecode(error.Groups[1].Value).Contains(words, StringComparison.Ordinal), $"{field}={value}: {error.Groups[1].Value}\n{page.Html}");
            Assert.Contains("value=\"7\"", page.Html);
            Assert.DoesNotContain("<script>", page.Html);
        }
    }

    [Fact]
    public async Task Whoever_is_not_signed_in_sees_what_it_would_do_and_other_kinds_say_why_not()
    {
        var model = await ModelAsync(hub.Ada);
        var hidden = await ModelAsync(hub.Ada, isPrivate: true);
        var bare = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(bare, "config.json", """{"model_type": "<b>gpt2</b>"}""");
        using var nobody = new PageVisitor(hub.Url);
        using var ada = new PageVisitor(hub.Url);
        await ada.SignInAsync("ada", "correct horse battery");

        var seen = await nobody.GetAsync($"/{model}/finetune");
        Assert.Equal(200, seen.Code);
        Assert.Contains("for a head of 77 classes", seen.Html);
        Assert.Contains("9.93 k", seen.Html);
        Assert.Contains($"/login?next=%2F{Uri.EscapeDataString(model)}%2Ffinetune", seen.Html);
        Assert.DoesNotContain("name=\"dataset\"", seen.Html);
        Assert.Contains($"zoo finetune {model} DATA", seen.Html);
        Assert.Equal(404, (await nobody.GetAsync($"/{hidden}/finetune")).Code);
        Assert.Contains("its result will be private", (await ada.GetAsync($"/{hidden}/finetune")).Html);
        Assert.Equal(403, (await ada.PostAsync($"/{model}/finetune", ("dataset", "x/y"))).Code);

        var other = await ada.GetAsync($"/{bare}/finetune");
        Assert.Equal(200, other.Code);
        Assert.Contains("are not fine-tuned here", other.Html);
        Assert.DoesNotContain("<b>gpt2", other.Html);
        Assert.DoesNotContain($"/{bare}/finetune", (await ada.GetAsync($"/{bare}")).Html);
    }
}

public sealed class FineTunePageTests_Sqlite(SqliteHub hub) : FineTunePageTests(hub), IClassFixture<SqliteHub>;

public sealed class FineTunePageTests_Postgres(PostgresHub hub) : FineTunePageTests(hub), IClassFixture<PostgresHub>;
