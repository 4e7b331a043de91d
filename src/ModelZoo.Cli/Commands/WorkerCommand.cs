using System.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using ModelZoo.Hub;
using ModelZoo.Hub.Cluster;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo worker`: runs the hub's jobs apart from the nodes that serve. It answers /health, /ready and /metrics, and nothing else.</summary>
static class WorkerCommand
{
    const string StandardUrls = "http://127.0.0.1:8081";

    static readonly Option<string?> s_urls = new("--urls") { Description = $"Addresses for health and metrics, separated by ';' (MODELZOO_URLS; {StandardUrls})" };

    public static Command Build()
    {
        var command = new Command("worker", "Run the hub's jobs, apart from the nodes that serve") { HubConfiguration.Data, HubConfiguration.Config, HubConfiguration.Set, s_urls };
        command.SetAction(async (parse, stop) =>
        {
            var options = HubConfiguration.Read(parse, parse.GetValue(s_urls), StandardUrls);
            if (options.Workers == 0) throw new UsageException("A worker with Workers=0 would do nothing; set it to 1 or more.");
            await using var app = await HubBuilder.BuildAsync(options, role: NodeRole.Worker, stop: stop);
            await app.StartAsync(stop);
            Console.WriteLine($"ModelZoo works with {options.Workers} at once; health at {string.Join(", ", app.Urls)}");
            await app.WaitForShutdownAsync(stop);
            return 0;
        });
        return command;
    }
}
