using System.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModelZoo.Hub;
using ModelZoo.Hub.Accounts;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo serve`: runs the hub until it is told to stop.</summary>
static class ServeCommand
{
    static readonly Option<string?> s_urls = new("--urls") { Description = "Addresses to listen on, separated by ';' (MODELZOO_URLS; http://127.0.0.1:8080)" };

    public static Command Build()
    {
        var command = new Command("serve", "Run the hub") { HubConfiguration.Data, HubConfiguration.Config, HubConfiguration.Set, s_urls };
        command.SetAction(async (parse, stop) =>
        {
            var options = HubConfiguration.Read(parse, parse.GetValue(s_urls));
            await using var app = await HubBuilder.BuildAsync(options, stop: stop);
            var bootstrap = app.Services.GetRequiredService<Bootstrap>();
            if (await bootstrap.RunAsync(Environment.GetEnvironmentVariable, stop) is { } words) Console.WriteLine(words);
            await app.StartAsync(stop);
            Console.WriteLine($"ModelZoo serves {string.Join(", ", app.Urls)} from {options.DataFolder}");
            await app.WaitForShutdownAsync(stop);
            return 0;
        });
        return command;
    }
}
