using System.CommandLine;
using Microsoft.Extensions.Configuration;
using ModelZoo.Hub;

namespace ModelZoo.Cli;

/// <summary>Where a hub's options come from, weakest first: modelzoo.json in the data folder or as named, MODELZOO_… variables, flags.</summary>
static class HubConfiguration
{
    public static readonly Option<string?> Data = new("--data") { Description = "Folder for the embedded database and blobs (MODELZOO_DATAFOLDER)" };

    public static readonly Option<string?> Config = new("--config") { Description = "A JSON file of options (MODELZOO_CONFIG)" };

    public static readonly Option<string[]> Set = new("--set") { Description = "Any option by its path, as Limits:InlineBytes=20000000; may be repeated" };

    /// <summary>Variables that belong to the command line or to the first start, not to the options.</summary>
    static readonly HashSet<string> s_notOptions = new(StringComparer.OrdinalIgnoreCase) { "ENDPOINT", "TOKEN", "CONFIG" };

    /// <param name="standardUrls">Where to listen when nothing says so.</param>
    public static HubOptions Read(ParseResult parse, string? urls = null, string? standardUrls = null)
    {
        var data = parse.GetValue(Data) ?? Environment.GetEnvironmentVariable("MODELZOO_DATAFOLDER");
        var file = parse.GetValue(Config) ?? Environment.GetEnvironmentVariable("MODELZOO_CONFIG");
        var builder = new ConfigurationBuilder();
        if (file is not null) builder.AddJsonFile(Path.GetFullPath(file), optional: false);
        else builder.AddJsonFile(Path.GetFullPath(Path.Combine(data ?? new HubOptions().DataFolder, "modelzoo.json")), optional: true);
        builder.AddInMemoryCollection(FromEnvironment());
        builder.AddInMemoryCollection((parse.GetValue(Set) ?? []).Select(Pair));
        if (data is not null) builder.AddInMemoryCollection([new("DataFolder", data)]);
        if (urls is not null) builder.AddInMemoryCollection([new("Urls", urls)]);

        var options = new HubOptions();
        if (standardUrls is not null) options.Urls = standardUrls;
        builder.Build().Bind(options);
        options.DataFolder = Path.GetFullPath(options.DataFolder);
        return options;
    }

    /// <summary>MODELZOO_LIMITS__INLINEBYTES is Limits:InlineBytes.</summary>
    static IEnumerable<KeyValuePair<string, string?>> FromEnvironment()
    {
        const string prefix = "MODELZOO_";
        foreach (System.Collections.DictionaryEntry pair in Environment.GetEnvironmentVariables())
        {
            if (pair.Key is not string key || !key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) continue;
            var name = key[prefix.Length..];
            if (s_notOptions.Contains(name) || name.StartsWith("BOOTSTRAP_", StringComparison.OrdinalIgnoreCase)) continue;
            yield return new(name.Replace("__", ":"), pair.Value as string);
        }
    }

    static KeyValuePair<string, string?> Pair(string text) => text.IndexOf('=') is var at and > 0
        ? new(text[..at], text[(at + 1)..])
        : throw new UsageException($"--set takes Name=value, not '{text}'.");
}
