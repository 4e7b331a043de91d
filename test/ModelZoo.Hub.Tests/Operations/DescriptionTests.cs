using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ModelZoo.Hub.Tests.Operations;

public sealed class DescriptionTests(SqliteHub hub) : IClassFixture<SqliteHub>
{
    [Fact]
    public async Task Every_endpoint_of_our_own_api_is_described_with_words_and_answers()
    {
        var paths = (await hub.Nobody.GetJsonAsync("/openapi/zoo.json"))["paths"]!.AsObject();
        var mapped = hub.App.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/api/zoo/", StringComparison.Ordinal) || Regex.IsMatch(endpoint.RoutePattern.RawText, "^/api/.*/(profile|infer)$"))
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []).Select(method => (Path: Plain(endpoint.RoutePattern.RawText!), Method: method.ToLowerInvariant())))
            .ToList();

        Assert.True(mapped.Count > 20);
        foreach (var (path, method) in mapped)
        {
            var described = paths[path]?[method];
            Assert.True(described is not null, $"{method} {path} is missing from /openapi/zoo.json.");
            Assert.False(string.IsNullOrWhiteSpace(described["summary"]?.GetValue<string>()), $"{method} {path} has no summary.");
            Assert.NotEmpty(described["tags"]!.AsArray());
            var answers = described["responses"]!.AsObject();
            Assert.Contains(answers, answer => answer.Key is "200" or "202" or "204");
            Assert.Contains("401", answers.Select(answer => answer.Key));
            foreach (var parameter in Regex.Matches(path, @"\{(\w+)\}").Select(match => match.Groups[1].Value))
                Assert.Contains(described["parameters"]!.AsArray(), p => p!["name"]!.GetValue<string>() == parameter && p["in"]!.GetValue<string>() == "path");
            if (answers["200"] is { } ok) Assert.NotNull(ok["content"]!["application/json"]!["schema"]);
        }
        Assert.Equal(mapped.Count, paths.Sum(path => path.Value!.AsObject().Count));
    }

    [Fact]
    public async Task Every_endpoint_of_our_own_api_stands_in_docs_api()
    {
        var text = await File.ReadAllTextAsync(Documents.Find("api.md"));
        foreach (var (path, operations) in (await hub.Nobody.GetJsonAsync("/openapi/zoo.json"))["paths"]!.AsObject())
            foreach (var (method, _) in operations!.AsObject())
                Assert.True(text.Contains($"`{method.ToUpperInvariant()} {path.Replace("/api/zoo/{kinds}/{owner}/{name}", "…")}`", StringComparison.Ordinal), $"{method.ToUpperInvariant()} {path} is missing from docs/api.md.");
    }

    static string Plain(string pattern) => Regex.Replace(pattern, @"\{(\w+):[^}]*\}", "{$1}");
}
