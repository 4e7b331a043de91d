using Microsoft.Playwright;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance.Browser;

/// <summary>Signing in, tokens, settings, jobs and administration, as a person does them.</summary>
[Collection(nameof(BrowserZoo))]
public sealed class AccountJourneyTests(BrowserZoo zoo)
{
    [Fact]
    public async Task A_wrong_password_is_said_at_the_field_and_the_handle_stays()
    {
        await using var visit = await zoo.VisitAsync();
        await visit.GoAsync("/login?next=%2Fjobs");
        await visit.Page.GetByLabel("Handle").FillAsync(BrowserZoo.Stranger);
        await visit.Page.GetByLabel("Password").FillAsync("not it");
        await visit.Press("Sign in");
        var field = visit.Page.GetByLabel("Password");
        await Assertions.Expect(field).ToHaveAttributeAsync("aria-invalid", "true");
        var message = (await field.GetAttributeAsync("aria-describedby"))!;
        await Assertions.Expect(visit.Page.Locator("#" + message)).ToContainTextAsync("do not belong together");
        await Assertions.Expect(visit.Page.GetByLabel("Handle")).ToHaveValueAsync(BrowserZoo.Stranger);
        await Assertions.Expect(field).ToHaveValueAsync("");
        Assert.Empty(await PageCheck.FaultsAsync(visit.Page));

        await field.FillAsync(zoo.PasswordOf(BrowserZoo.Stranger));
        await visit.Press("Sign in");
        await Assertions.Expect(visit.Page).ToHaveURLAsync($"{zoo.Full.Url}/jobs");
        await visit.Page.GetByText(BrowserZoo.Stranger, new() { Exact = true }).First.ClickAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in", Exact = true })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_token_is_shown_once_works_and_stops_working_when_revoked()
    {
        await using var visit = await zoo.VisitAsync(Viewer.Owner);
        var token = await visit.CreateTokenAsync("a laptop", "read");
        Assert.StartsWith("hf_", token);
        using var client = zoo.Full.NewClient(token);
        Assert.Equal(200, (int)(await client.GetAsync("/api/whoami-v2")).StatusCode);

        await visit.GoAsync("/settings/tokens");
        Assert.DoesNotContain(token, await visit.Page.ContentAsync());
        await visit.Press("Revoke a laptop");
        await visit.SeesAsync("The token is revoked");
        Assert.Equal(401, (int)(await client.GetAsync("/api/whoami-v2")).StatusCode);
    }

    [Fact]
    public async Task A_nameless_token_is_refused_at_the_field_and_what_was_chosen_stays()
    {
        await using var visit = await zoo.VisitAsync(Viewer.Owner);
        await visit.GoAsync("/settings/tokens");
        await visit.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("   ");
        await visit.Page.Locator("input[name=role][value=write]").CheckAsync();
        await visit.Page.GetByLabel("It expires").SelectOptionAsync("30");
        await visit.Press("Create token");
        await Assertions.Expect(visit.Page.GetByLabel("Name", new() { Exact = true })).ToHaveAttributeAsync("aria-invalid", "true");
        await Assertions.Expect(visit.Page.Locator("input[name=role][value=write]")).ToBeCheckedAsync();
        await Assertions.Expect(visit.Page.GetByLabel("It expires")).ToHaveValueAsync("30");
    }

    [Fact]
    public async Task The_profile_is_saved_and_shown()
    {
        await using var visit = await zoo.VisitAsync(Viewer.Stranger);
        await visit.GoAsync("/settings");
        await visit.Page.Locator("main input[type=text]").First.FillAsync("Eve <b>of</b> the tests");
        await visit.Press("Save");
        await visit.SeesAsync("Saved.");
        await visit.GoAsync("/eve");
        await visit.SeesAsync("Eve <b>of</b> the tests");
    }

    [Fact]
    public async Task An_administrator_starts_a_task_and_sees_its_job_end()
    {
        await using var visit = await zoo.VisitAsync(Viewer.Administrator);
        await visit.GoAsync("/admin");
        await visit.SeesAsync("large files");
        await visit.Press("Reindex");
        await visit.SeesAsync("The job is in the queue.");
        await visit.GoAsync(new Uri(visit.Page.Url).AbsolutePath);
        await Assertions.Expect(visit.Page.Locator("main .tag").First).ToHaveTextAsync("done", new() { Timeout = 30_000 });
        await visit.GoAsync("/jobs");
        await visit.SeesAsync("hub.reindex");
    }

    [Theory]
    [InlineData("Approve", "Approved.", "access_token")]
    [InlineData("Refuse", "Refused.", "access_denied")]
    public async Task A_program_that_shows_a_code_gets_what_the_person_says(string button, string words, string answer)
    {
        using var program = zoo.Full.NewClient(token: null);
        using var begun = await program.PostAsync("/oauth/device", new FormUrlEncodedContent([new("client_id", "a-program")]));
        var login = await WireRepository.JsonOf(begun);

        await using var visit = await zoo.VisitAsync(Viewer.Owner);
        await visit.GoAsync("/login/device");
        await visit.Page.GetByLabel("Code").FillAsync("ZZZZ-ZZZZ");
        await visit.Press("Continue");
        await visit.SeesAsync("No program waits under this code.");
        await visit.Page.GetByLabel("Code").FillAsync(login.GetProperty("user_code").GetString()!);
        await visit.Press("Continue");
        await visit.SeesAsync("a-program");
        await visit.Press(button);
        await visit.SeesAsync(words);

        using var polled = await program.PostAsync("/oauth/token", new FormUrlEncodedContent(
        [
            new("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), new("device_code", login.GetProperty("device_code").GetString()!), new("client_id", "a-program"),
        ]));
        Assert.Contains(answer, await polled.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Administration_is_for_administrators()
    {
        await using var visit = await zoo.VisitAsync(Viewer.Stranger);
        await visit.GoAsync("/admin", 403);
        await using var nobody = await zoo.VisitAsync();
        await nobody.GoAsync("/admin");
        Assert.Contains("/login?next=%2Fadmin", nobody.Page.Url);
    }
}
