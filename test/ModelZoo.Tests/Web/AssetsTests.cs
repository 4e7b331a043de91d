using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Web;

namespace ModelZoo.Tests.Web;

public sealed class AssetsTests
{
    static readonly Assets s_assets = new();

    [Fact]
    public void The_stylesheet_and_the_script_keep_to_their_sizes()
    {
        Assert.InRange(Plain(s_assets.Links.Stylesheet).Length, 1, 30_000);
        Assert.InRange(Plain(s_assets.Links.Script).Length, 1, 4_000);
    }

    [Fact]
    public void Colours_stand_in_the_tokens_and_nowhere_else()
    {
        var css = Encoding.UTF8.GetString(Plain(s_assets.Links.Stylesheet));
        var outside = Regex.Replace(css, "@layer tokens ?\\{.*?\\n\\}", "", RegexOptions.Singleline);

        Assert.DoesNotMatch("#[0-9a-fA-F]{3,8}\\b(?![^{]*\\{)|rgba?\\(|hsla?\\(|oklch\\(", outside);
        Assert.StartsWith("@layer reset,tokens,base,layout,components,charts,utilities;", css, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", css, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Assets_are_sent_packed_immutable_and_only_once()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(s_assets);
        await using var app = builder.Build();
        app.MapAssets();
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        using var client = new HttpClient { BaseAddress = new(address) };

        using var plain = await client.GetAsync(s_assets.Links.Stylesheet);
        using var packed = await SendAsync(client, "Accept-Encoding", "gzip, br");
        using var again = await SendAsync(client, "If-None-Match", plain.Headers.ETag!.ToString());
        using var missing = await client.GetAsync("/assets/zoo-000000000000.css");

        Assert.Equal("text/css; charset=utf-8", plain.Content.Headers.ContentType!.ToString());
        Assert.Equal(Plain(s_assets.Links.Stylesheet), await plain.Content.ReadAsByteArrayAsync());
        Assert.True(plain.Headers.CacheControl is { Public: true, MaxAge.TotalDays: 365 });
        Assert.Equal(["br"], packed.Content.Headers.ContentEncoding);
        Assert.InRange((await packed.Content.ReadAsByteArrayAsync()).Length, 1, 10_000);
        Assert.Equal(304, (int)again.StatusCode);
        Assert.Equal(404, (int)missing.StatusCode);
    }

    static Task<HttpResponseMessage> SendAsync(HttpClient client, string header, string value)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, s_assets.Links.Stylesheet);
        request.Headers.TryAddWithoutValidation(header, value);
        return client.SendAsync(request);
    }

    static byte[] Plain(string link) => s_assets.Find(Path.GetFileName(link))!.Plain;
}
