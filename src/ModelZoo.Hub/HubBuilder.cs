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
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Facades;
using ModelZoo.Hub.Facades.GitHttp;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Facades.Lfs;
using ModelZoo.Hub.Facades.XetCas;
using ModelZoo.Hub.Facades.Zoo;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Maintenance;
using ModelZoo.Hub.Mirrors;
using ModelZoo.Hub.Operations;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Pushes;
using ModelZoo.Hub.Search;
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
        AddAll(services, typeof(XorbStore), typeof(Xorbs), typeof(XorbBytes), typeof(XetFileStore), typeof(XetOffer), typeof(XetFiles), typeof(ChunkReachQuery), typeof(ContentProof),
            typeof(XorbReceiver), typeof(ShardRegistrar), typeof(Reconstruction), typeof(DedupQuery), typeof(Deduplication), typeof(ChunkingStore), typeof(StorageQuery), typeof(XorbAddresses));
        services.AddSingleton<IBlobStore>(all => new ReconstructingBlobStore(OpenBlobs(options), all.GetRequiredService<XetFiles>(),
            all.GetRequiredService<XetFileStore>(), all.GetRequiredService<Xorbs>(), all.GetRequiredService<XorbBytes>()));
        services.AddSingleton<IJobHandler, ChunkingJob>();
        services.AddSingleton<ILateProjection, ChunkingProjection>();
        services.AddSingleton<ICommitFollower, ChunkingFollower>();
        services.AddRoutingCore().Configure<Microsoft.AspNetCore.Routing.RouteOptions>(routes =>
            routes.SetParameterPolicy<Microsoft.AspNetCore.Routing.Constraints.RegexInlineRouteConstraint>("regex"));
        services.AddCors(cors => cors.AddPolicy(HuggingFaceRoutes.CorsPolicy, HubCors.Policy));

        AddAll(services, typeof(AccountStore), typeof(TokenStore), typeof(SessionStore), typeof(AttemptStore), typeof(SignIn), typeof(Bootstrap),
            typeof(AuditStore), typeof(BrowserSessions), typeof(DeviceLoginStore));
        services.AddHttpContextAccessor();
        AddAll(services, typeof(AllowanceStore), typeof(RequestLimits), typeof(MetricCollector), typeof(HubCountStore));
        services.AddSingleton<IChore>(all => all.GetRequiredService<RequestLimits>());
        services.AddZooDescription();
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        AddAll(services, typeof(RepositoryStore), typeof(AccessPolicy), typeof(GitObjectStore), typeof(TreeReader), typeof(ReferenceStore),
            typeof(CommitStore), typeof(RevisionResolver), typeof(CommitWriter), typeof(ReferenceWriter), typeof(RepositoryLifecycle),
            typeof(LastChangeProjection), typeof(LastChangeReader), typeof(BlobLinkStore), typeof(UploadStore), typeof(BlobUploads),
            typeof(RevisionDiff), typeof(DownloadCounter), typeof(CollaboratorStore), typeof(ForkStore), typeof(ForkWriter), typeof(FileLockStore),
            typeof(PushWriter), typeof(UsedStorageQuery));
        AddAll(services, typeof(GitProgram), typeof(MirrorImport), typeof(MirrorFolder), typeof(UploadPack));
        AddAll(services, typeof(CardStore), typeof(FileFinder), typeof(RepositoryDescription));
        AddAll(services, typeof(IndexStore), typeof(WordStore), typeof(RepositoryIndex), typeof(RepositorySearch), typeof(FullTextSearch), typeof(LikeStore), typeof(RepositoryListing));
        services.AddSingleton<IReadmeRule, ReadmeRule>();
        services.AddSingleton<IProjection, CardProjection>();
        services.AddProfiles();

        services.AddPages();
        services.AddSingleton(new PageDialect(PageErrors.Dialect));

        AddAll(services, typeof(JobStore), typeof(JobBell));
        AddAll(services, typeof(ObjectIndexStore), typeof(TotalsStore), typeof(SweepStore), typeof(CheckStore), typeof(Reindexer), typeof(Sweeper),
            typeof(StoreCheck), typeof(BlobCheck), typeof(Backup));
        services.AddSingleton<IJobHandler, ReindexJob>();
        services.AddSingleton<IJobHandler, SweepJob>();
        services.AddSingleton<IJobHandler, CheckJob>();
        services.AddSingleton<IJobHandler, TotalsJob>();
        services.AddSingleton<IChore, DailyMaintenance>();
        services.AddSingleton<IChore, DownloadChore>();
        services.AddSingleton<IChore, MirrorChore>();
        AddAll(services, typeof(NodeStore), typeof(ClusterLevel));
        services.AddSingleton(all => ActivatorUtilities.CreateInstance<Membership>(all, role));
        services.AddHostedService(all => all.GetRequiredService<Membership>());      // first: what follows makes ids
        services.AddHostedService<BellWire>();
        if (role == NodeRole.Node) services.AddHostedService<IndexWarmUp>();
        services.AddHostedService<JobWorker>();
        services.AddHostedService<Chores>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
    }

    static void AddAll(IServiceCollection services, params Type[] types)
    {
        foreach (var type in types) services.AddSingleton(type);
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
        app.MapHuggingFace();
        app.MapLfs();
        app.MapGit();
        app.MapXetCas();
        app.MapPages();
    }
}
