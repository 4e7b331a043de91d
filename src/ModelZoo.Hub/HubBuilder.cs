using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Cluster;
using ModelZoo.Hub.Community;
using ModelZoo.Hub.Conversions;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Evaluations.Runs;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Evaluations.Signing;
using ModelZoo.Hub.Facades;
using ModelZoo.Hub.Facades.GitHttp;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Facades.KServe;
using ModelZoo.Hub.Facades.Lfs;
using ModelZoo.Hub.Facades.OpenAi;
using ModelZoo.Hub.Facades.XetCas;
using ModelZoo.Hub.Facades.Zoo;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Maintenance;
using ModelZoo.Hub.Mirrors;
using ModelZoo.Hub.Operations;
using ModelZoo.Hub.Populations;
using ModelZoo.Hub.Populations.Deltas;
using ModelZoo.Hub.Populations.FineTuning;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Pushes;
using ModelZoo.Hub.Search;
using ModelZoo.Hub.Serving;
using ModelZoo.Hub.Serving.Hosting;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Storage.Receiving;
using ModelZoo.Hub.Storage.Sending;
using ModelZoo.Hub.Web;
using ModelZoo.Hub.Xet;

namespace ModelZoo.Hub;

/// <summary>The composition root: the only file that sees every room of the house.</summary>
static class HubBuilder
{
    /// <summary>Opens the database (brought up to date) and the blob store, and puts the hub together. Start the result to serve.</summary>
    public static async Task<WebApplication> BuildAsync(
        HubOptions options, Action<WebApplicationBuilder>? adjust = null, NodeRole role = NodeRole.Node, CancellationToken stop = default)
    {
        options.Validate();
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "ModelZoo.Hub" });
        builder.Logging.ClearProviders();
        builder.Logging.AddConsole(console => console.FormatterName = LogFormatter.FormatterName);
        builder.Services.AddSingleton<ConsoleFormatter>(new LogFormatter(options.Logging.Format == "json"));
        builder.Logging.SetMinimumLevel(Enum.Parse<LogLevel>(options.Logging.Level)).AddFilter("Microsoft", LogLevel.Warning);
        builder.WebHost.UseUrls(options.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries));
        builder.WebHost.ConfigureKestrel(kestrel => ConfigureKestrel(kestrel, options.Limits));
        builder.Services.AddLargeBlockTransport();
        AddServices(builder.Services, options, role);
        adjust?.Invoke(builder);

        var services = builder.Services;
        var database = OpenDatabase(options);
        var clock = new DatabaseClock(database);
        await Membership.ReadClockAsync(clock, options, stop);
        await new Migrator(database, clock).ApplyAsync(stop);
        var settings = new SettingStore(database);
        var key = await settings.GetOrAddAsync("signing_key", () => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)), stop);
        services.AddSingleton(database);
        services.AddSingleton(settings);
        services.AddSingleton(clock);
        services.TryAddSingleton<TimeProvider>(clock);
        services.AddSingleton(all => new UrlSigner(Convert.FromHexString(key), all.GetRequiredService<TimeProvider>()));

        var app = builder.Build();
        Configure(app, options, role);
        return app;
    }

    internal static HubDatabase OpenDatabase(HubOptions options)
    {
        if (options.Database.Kind == "postgres") return new PostgresDatabase(options.Database.Connection!);
        Directory.CreateDirectory(options.DataFolder);
        return new SqliteDatabase(options.DatabaseFile);
    }

    internal static IBlobStore OpenBlobs(HubOptions options) => BlobStores.Create(
        options.Storage.Kind == StorageKind.Folder && options.Storage.Root is null ? options.Storage with { Root = options.BlobFolder } : options.Storage,
        TimeProvider.System);

    static void AddServices(IServiceCollection services, HubOptions options, NodeRole role)
    {
        services.AddSingleton(options);
        services.AddSingleton(new PublicAddress(options.PublicUrl));
        services.AddHttpContextAccessor();
        services.AddRoutingCore().Configure<Microsoft.AspNetCore.Routing.RouteOptions>(routes =>
            routes.SetParameterPolicy<Microsoft.AspNetCore.Routing.Constraints.RegexInlineRouteConstraint>("regex"));
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddCors(cors => cors.AddPolicy(HuggingFaceRoutes.CorsPolicy, HubCors.Policy));

        services.AddSingleton(all => new DeltaBlobStore(OpenBlobs(options), all.GetRequiredService<BlobDeltas>(), all.GetRequiredService<DeltaStore>()));
        services.AddSingleton<IBlobStore>(all => new ReconstructingBlobStore(all.GetRequiredService<DeltaBlobStore>(), all.GetRequiredService<XetFiles>(),
            all.GetRequiredService<XetFileStore>(), all.GetRequiredService<Xorbs>(), all.GetRequiredService<XorbBytes>()));
        services.AddJobs();
        services.AddAccounts();
        services.AddRepositories();
        services.AddServing();
        services.AddSigning();
        services.AddRuns();
        services.AddHosting();
        services.AddCards();
        services.AddProfiles();
        services.AddConversions();
        services.AddPopulations();
        services.AddFineTuning();
        services.AddDeltas();
        services.AddScores();
        services.AddSearch();
        services.AddMaintenance();
        services.AddCommunity();
        services.AddOperations();
        services.AddMirrors();
        services.AddXet();
        services.AddFacades();
        services.AddPages();
        services.AddSingleton(new PageDialect(PageErrors.Dialect));

        services.AddCluster(role);      // first of what runs by itself: what follows makes ids
        if (role == NodeRole.Node) services.AddHostedService<IndexWarmUp>();
        services.AddHostedService<JobWorker>();
        services.AddHostedService<Chores>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
    }

    static void ConfigureKestrel(KestrelServerOptions kestrel, LimitOptions limits)
    {
        kestrel.AddServerHeader = false;
        kestrel.ConfigureEndpointDefaults(listen => listen.UseSendFile());
        kestrel.Limits.MaxRequestLineSize = 32 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 64 * 1024;
        kestrel.Limits.MaxRequestBodySize = 32 * 1024 * 1024;       // endpoints that take more say so
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(240, TimeSpan.FromSeconds(limits.SlowBodySeconds));
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(limits.HeaderSeconds);
    }

    static void Configure(WebApplication app, HubOptions options, NodeRole role)
    {
        if (options.TrustForwardedHeaders)
        {
            var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.All };
            forwarded.KnownIPNetworks.Clear();
            forwarded.KnownProxies.Clear();
            app.UseForwardedHeaders(forwarded);
        }
        app.UseSendFile();
        app.Services.GetRequiredService<MetricCollector>();      // listens from the first request on
        app.UseMiddleware<RequestIdentity>();
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<RefusalMiddleware>();
        app.UseMiddleware<RawPath>();
        app.UseRouting();
        app.UseCors();
        app.UseMiddleware<BadCredentialLimit>();
        app.UseMiddleware<ActorIdentification>();
        app.UseMiddleware<RequestLimit>();

        app.MapGet("/health", () => Results.Text("ok")).WithMetadata(new Public("probes have no credentials"), new Limited(RateClass.Unlimited));
        app.MapGet("/ready", HealthEndpoints.ReadyAsync).WithMetadata(new Public("probes have no credentials"), new Limited(RateClass.Unlimited));
        app.MapGet("/metrics", MetricsEndpoints.Read).WithMetadata(ZooErrors.Dialect, new Public("it asks for this machine or an administrator itself"), new Limited(RateClass.Unlimited));
        if (role == NodeRole.Worker) return;
        app.MapZoo();
        app.MapZooDescription();
        app.MapOpenAi();
        app.MapKServe();
        app.MapHuggingFace();
        app.MapLfs();
        app.MapGit();
        app.MapXetCas();
        app.MapPages();
    }
}
