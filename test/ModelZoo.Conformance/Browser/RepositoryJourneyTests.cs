using System.Security.Cryptography;
using Microsoft.Playwright;

namespace ModelZoo.Conformance.Browser;

/// <summary>A repository from its making to its end, in a browser.</summary>
[Collection(nameof(BrowserZoo))]
public sealed class RepositoryJourneyTests(BrowserZoo zoo)
{
    [Fact]
    public async Task A_repository_is_made_filled_described_shared_renamed_and_deleted()
    {
        await using var visit = await zoo.VisitAsync(Viewer.Owner);
        var name = $"journey-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
        await CreateAsync(visit, name);
        var large = await UploadAsync(visit, name);
        await DescribeAsync(visit, name);
        await ReadHistoryAsync(visit, name);
        await DeleteFileAsync(visit, name);
        await ShareAsync(visit, name);
        await RenameAsync(visit, name, large);
        await DeleteAsync(visit, name + "-2");
    }

    static async Task CreateAsync(Visit visit, string name)
    {
        await visit.GoAsync("/models/new");
        await visit.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("not a name!");
        await visit.Page.GetByLabel("Description").FillAsync("From a browser");
        await visit.Press("Create repository");
        await Assertions.Expect(visit.Page.GetByLabel("Name", new() { Exact = true })).ToHaveAttributeAsync("aria-invalid", "true");
        await Assertions.Expect(visit.Page.GetByLabel("Description")).ToHaveValueAsync("From a browser");
        await visit.Page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
        await visit.Press("Create repository");
        await visit.SeesAsync("Created.");
        await visit.SeesAsync("From a browser");
    }

    /// <summary>Two files at once, one of them large; the bar moves and the bytes come back.</summary>
    static async Task<byte[]> UploadAsync(Visit visit, string name)
    {
        var large = RandomNumberGenerator.GetBytes(11_000_000);
        await visit.GoAsync($"/ada/{name}/upload/main");
        await visit.Page.EvaluateAsync("""
            () => { window.seen = []; const bar = document.querySelector("progress");
              new MutationObserver(() => window.seen.push(bar.value / bar.max)).observe(bar, { attributes: true }); }
            """);
        await visit.Page.GetByLabel("Folder").FillAsync("weights");
        await visit.Page.GetByLabel("Files").SetInputFilesAsync(new FilePayload[]
        {
            new() { Name = "model.bin", MimeType = "application/octet-stream", Buffer = large },
            new() { Name = "nötes & words.txt", MimeType = "text/plain", Buffer = "first line\n"u8.ToArray() },
        });
        var seen = visit.Page.WaitForFunctionAsync("() => window.seen.length > 0 && !document.querySelector('progress').hidden");
        await visit.Press("Upload and commit");
        await seen;
        await visit.Page.WaitForURLAsync($"**/ada/{name}/tree/main/weights*");
        await visit.SeesAsync("Committed.");
        await visit.SeesAsync("11.0 MB");
        await visit.SeesAsync("nötes & words.txt");
        Assert.Equal(large, await BytesAsync(visit, $"/ada/{name}/resolve/main/weights/model.bin"));
        return large;
    }

    static async Task DescribeAsync(Visit visit, string name)
    {
        await visit.GoAsync($"/ada/{name}/edit/main/README.md");
        var text = visit.Page.Locator("textarea");
        await text.FillAsync("---\nlicense: [broken\n---\n# Title\n");
        await visit.Press("Commit");
        await visit.SeesAsync("Nothing was saved");
        await Assertions.Expect(text).ToHaveValueAsync("---\nlicense: [broken\n---\n# Title\n");
        await text.FillAsync("---\nlicense: no-such-licence\n---\n# A described model\n\nIt has **words**.\n");
        await visit.Press("Preview");
        await visit.SeesAsync("not saved yet");
        await Assertions.Expect(visit.Page.Locator("#preview strong")).ToHaveTextAsync("words");
        await visit.SeesAsync("The card was checked");
        await text.FillAsync("---\nlicense: mit\npipeline_tag: text-generation\n---\n# A described model\n\nIt has **words**.\n");
        await visit.Page.GetByLabel("What changes").FillAsync("Describe it");
        await visit.Press("Commit");
        await visit.SeesAsync("Committed.");
        await visit.SeesAsync("A described model");
        await visit.SeesAsync("mit");
    }

    static async Task ReadHistoryAsync(Visit visit, string name)
    {
        await visit.GoAsync($"/ada/{name}/commits/main");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Describe it" }).First.ClickAsync();
        await visit.SeesAsync("README.md");
        await Assertions.Expect(visit.Page.Locator("tr.add").First).ToBeVisibleAsync();
        await visit.SeesAsync("license: mit");
        Assert.Empty(await PageCheck.FaultsAsync(visit.Page));
    }

    static async Task DeleteFileAsync(Visit visit, string name)
    {
        await visit.GoAsync($"/ada/{name}/blob/main/weights/{Uri.EscapeDataString("nötes & words.txt")}");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Delete", Exact = true }).ClickAsync();
        await visit.Press("Delete");
        await visit.SeesAsync("Deleted.");
        await Assertions.Expect(visit.Page.Locator(".files")).Not.ToContainTextAsync("nötes");
    }

    async Task ShareAsync(Visit visit, string name)
    {
        await visit.GoAsync($"/ada/{name}/settings");
        await visit.Page.Locator("input[name=visibility][value=private]").CheckAsync();
        await visit.Press("Save");
        await visit.SeesAsync("Saved.");
        await using var stranger = await zoo.VisitAsync(Viewer.Stranger);
        await stranger.GoAsync($"/ada/{name}", 404);

        await visit.Page.Locator("#people-handle").FillAsync("nobody-of-this-name");
        await visit.Press("Add or change");
        await visit.SeesAsync("There is no account 'nobody-of-this-name'.");
        await Assertions.Expect(visit.Page.Locator("#people-handle")).ToHaveValueAsync("nobody-of-this-name");
        await visit.Page.Locator("#people-handle").FillAsync(BrowserZoo.Stranger);
        await visit.Press("Add or change");
        await visit.SeesAsync("Saved.");
        await stranger.GoAsync($"/ada/{name}");
        await stranger.GoAsync($"/ada/{name}/settings", 403);
    }

    static async Task RenameAsync(Visit visit, string name, byte[] large)
    {
        await visit.GoAsync($"/ada/{name}/settings");
        await visit.Page.Locator("#move-name").FillAsync(name + "-2");
        await visit.Press("Rename or move");
        await visit.SeesAsync("It has a new address now");
        await visit.GoAsync($"/ada/{name}");
        Assert.EndsWith($"/ada/{name}-2", visit.Page.Url);
        Assert.Equal(large, await BytesAsync(visit, $"/ada/{name}/resolve/main/weights/model.bin"));
    }

    static async Task DeleteAsync(Visit visit, string name)
    {
        await visit.GoAsync($"/ada/{name}/settings");
        await visit.Page.Locator("#delete-confirm").FillAsync("ada/something-else");
        await visit.Press($"Delete ada/{name}");
        await visit.SeesAsync($"Type ada/{name} to delete it.");
        await visit.Page.Locator("#delete-confirm").FillAsync($"ada/{name}");
        await visit.Press($"Delete ada/{name}");
        await visit.SeesAsync("Deleted.");
        await visit.GoAsync($"/ada/{name}", 404);
    }

    static async Task<byte[]> BytesAsync(Visit visit, string address)
    {
        var answer = await visit.Context.APIRequest.GetAsync(address);
        Assert.Equal(200, answer.Status);
        return await answer.BodyAsync();
    }
}
