using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance.Browser;

/// <summary>A population that the hub trains itself, through the eyes of a browser.</summary>
[Collection(nameof(BrowserZoo))]
public sealed class PopulationTests(BrowserZoo zoo)
{
    const string Blueprint = """
        population: seen
        title: "A <b>small</b> population with a title that is long enough to need more than one line on a narrow screen"
        licence: CC-BY-4.0
        datasets:
          glyphs: { builtin: glyphs8, args: { n: 64, seed: 1, val: { n: 32, seed: 2 } } }
        architectures:
          small: { family: vit, image: 8, patch: 4, channels: 1, dim: 8, depth: 1, heads: 2, mlp: 16 }
        stages:
          - { name: base, architecture: small, dataset: glyphs, train: { epochs: 2, batch: 16 }, seeds: [1, 2] }
          - name: child
            from: { stage: base, checkpoint: last }
            dataset: glyphs
            train: { epochs: 5, batch: 16 }
            factors:
              lr: [1e-2, 3e-3]
              head: [linear, { kind: mlp, hidden: 8 }]
            seeds: [1, 2]
        checkpoints: { every: 1 }
        evaluate: { on: [val], every: 1, keep_logits: last }
        """;

    [Fact]
    public async Task Every_page_of_a_population_is_sound_at_both_widths_and_in_both_themes()
    {
        await using var visit = await zoo.VisitAsync(Viewer.Administrator);
        using var http = new HttpClient { BaseAddress = new(zoo.Full.Url) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", HubProcess.Token);
        (await http.PostAsJsonAsync("/api/repos/create", new { name = "zoo/seen", type = "model" })).EnsureSuccessStatusCode();
        var begun = await http.PostAsJsonAsync("/api/zoo/populations/zoo/seen/generate", new { blueprint = Blueprint, analyse = true });
        Assert.True(begun.IsSuccessStatusCode, await begun.Content.ReadAsStringAsync());
        await EndAsync(http, "zoo/seen", "analyses/averaging.json");

        // A soup of two members, so that tree, bench and member have one, and the job that made it has its page.
        var children = JsonNode.Parse(await http.GetStringAsync("/api/zoo/populations/zoo/seen/members?where=stage%3D'child'&limit=2"))!["members"]!.AsArray().Select(each => (string)each!["id"]!).ToList();
        var merging = await http.PostAsJsonAsync("/api/zoo/merges", new { sources = children.Select(id => $"zoo/seen#{id}"), target = "zoo/seen-soup", force = true });
        Assert.True(merging.IsSuccessStatusCode, await merging.Content.ReadAsStringAsync());
        await EndAsync(http, "zoo/seen-soup", "merge.json");
        var (job, family) = ((string)JsonNode.Parse(await merging.Content.ReadAsStringAsync())!["id"]!, (string)JsonNode.Parse(await http.GetStringAsync("/api/zoo/populations/zoo/seen/members?where=stage%3D'base'"))!["members"]![0]!["id"]!);

        var faults = new List<string>();
        await visit.GoAsync("/zoo/seen/population/main/members?where=stage%20%3D%20'child'&sort=-val_accuracy");
        var member = await visit.Page.Locator("table.tensors tbody th a").First.GetAttributeAsync("href");
        foreach (var address in (string[])["/zoo/seen", "/zoo/seen/population", "/zoo/seen/population/main/members?sort=-lr", member!, $"/zoo/seen/population/main/members/{children[0]}", "/zoo/seen-soup", $"/jobs/{job}", "/zoo/seen-soup/finetune", "/zoo/banking77-bert-mini/finetune", "/zoo/shakespeare-gpt2/finetune", $"/zoo/seen/population/main/map?family={family}", "/zoo/seen/population/main/curves", "/zoo/seen/population/main/curves?by=lr&value=loss", "/zoo/seen/population/main/map?by=lr", "/zoo/seen/population/main/matrices",
            "/zoo/seen/population/main/lineage", "/zoo/seen/population/main/soups", "/zoo/seen/population/main/prediction", "/zoo/seen/generate"])
        {
            await visit.GoAsync(address);
            foreach (var (width, theme) in new[] { (1200, ColorScheme.Light), (360, ColorScheme.Dark) })
            {
                await visit.Page.SetViewportSizeAsync(width, 800);
                await visit.Page.EmulateMediaAsync(new() { ColorScheme = theme });
                faults.AddRange((await PageCheck.FaultsAsync(visit.Page)).Select(fault => $"{address} ({width}, {theme}): {fault}"));
            }
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults));

        // Without a script: the form asks, the page answers with what is measured and the command.
        await visit.GoAsync("/zoo/seen/population/main/soups");
        await visit.Page.Locator("#pairs tbody tr td a").First.ClickAsync();
        await visit.SeesAsync("zoo soup");
        await visit.GoAsync("/zoo/seen/population/main/lineage");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "zoo/seen-soup", Exact = true }).ClickAsync();
        await visit.Page.Locator("aside a[href='/zoo/seen/population']").ClickAsync();
        await Assertions.Expect(visit.Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/zoo/seen/population$"));
        await visit.GoAsync("/zoo/seen/population/main/map");
        await visit.Page.GetByLabel("Family", new() { Exact = true }).SelectOptionAsync(family);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Show", Exact = true }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Img, new() { NameRegex = new("within the family of") }).First).ToBeVisibleAsync();
        await visit.GoAsync("/zoo/seen/population/main/curves");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "loss", Exact = true }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Img, new() { NameRegex = new("median val loss") })).ToBeVisibleAsync();
    }

    /// <summary>Training and analyses are seconds; averaging is the last of them.</summary>
    static async Task EndAsync(HttpClient http, string repo, string last)
    {
        for (var until = DateTime.UtcNow.AddMinutes(2); DateTime.UtcNow < until; await Task.Delay(200))
        {
            using var answer = await http.GetAsync($"/api/models/{repo}/tree/main?recursive=true");
            if (answer.IsSuccessStatusCode && JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsArray().Any(file => (string?)file!["path"] == last)) return;
        }
        throw new TimeoutException("The population was not trained and analysed in time.");
    }
}
