using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Hub.Web.Pages.Accounts;
using ModelZoo.Hub.Web.Pages.Admin;
using ModelZoo.Hub.Web.Pages.Catalogue;
using ModelZoo.Hub.Web.Pages.Commits;
using ModelZoo.Hub.Web.Pages.Compare;
using ModelZoo.Hub.Web.Pages.Devices;
using ModelZoo.Hub.Web.Pages.Discussions;
using ModelZoo.Hub.Web.Pages.Docs;
using ModelZoo.Hub.Web.Pages.Evaluations;
using ModelZoo.Hub.Web.Pages.Files;
using ModelZoo.Hub.Web.Pages.FineTuning;
using ModelZoo.Hub.Web.Pages.Home;
using ModelZoo.Hub.Web.Pages.Jobs;
using ModelZoo.Hub.Web.Pages.Leaderboards;
using ModelZoo.Hub.Web.Pages.Login;
using ModelZoo.Hub.Web.Pages.Populations;
using ModelZoo.Hub.Web.Pages.Populations.Figures;
using ModelZoo.Hub.Web.Pages.Profiles;
using ModelZoo.Hub.Web.Pages.Repositories;
using ModelZoo.Hub.Web.Pages.Runs;
using ModelZoo.Hub.Web.Pages.Search;
using ModelZoo.Hub.Web.Pages.Settings;
using ModelZoo.Hub.Web.Pages.Trials;
using ModelZoo.Hub.Web.Pages.Workloads;

namespace ModelZoo.Hub.Web;

/// <summary>All pages: their addresses, and what they are made with.</summary>
static class PageRoutes
{
    public static void AddPages(this IServiceCollection services)
    {
        services.AddSingleton<Assets>();
        services.AddSingleton<PageFrames>();
        services.AddSingleton<RepositoryPageParts>();
        services.AddSingleton<SettingsPage>();
        services.AddSingleton<SettingsForms>();
        services.AddSingleton<CollaboratorStore>();
        services.AddSingleton<HubFiguresQuery>();
        services.AddSingleton<ChangedFiles>();
        services.AddSingleton<DiscussionPageLoader>();
        services.AddSingleton<Registry>();
        services.AddSingleton<FittingRepositories>();
        services.AddSingleton<ProfilePageLoader>();
        services.AddSingleton<TensorPages>();
        services.AddSingleton<ComparedModels>();
        services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));     // letters of all scripts as they are: shorter pages, and as safe
        services.AddSingleton<TensorComparison>();
        services.AddSingleton<UploadReceiver>();
        services.AddSingleton<TokensPageLoader>();
        services.AddSingleton<JobSight>();
        services.AddSingleton<JobStories>();
        services.AddSingleton<BoardPages>();
        services.AddSingleton<EvaluationsPages>();
        services.AddSingleton<AdminPageLoader>();
        services.AddSingleton<AnalysisFiles>();
        services.AddSingleton<RecipeFactsReader>();
        services.AddSingleton<PopulationWork>();
        services.AddSingleton<PopulationPages>();
        services.AddSingleton<RecentErrors>();
        services.AddSingleton<ILoggerProvider>(provider => provider.GetRequiredService<RecentErrors>());
    }

    public static void MapPages(this IEndpointRouteBuilder app)
    {
        app.MapAssets();
        var pages = app.MapGroup("").WithMetadata(PageErrors.Dialect);
        HomePageEndpoints.Map(pages);
        CataloguePageEndpoints.Map(pages);
        DevicePagesEndpoints.Map(pages);
        WorkloadPagesEndpoints.Map(pages);
        ComparisonPageEndpoints.Map(pages);
        SearchPageEndpoints.Map(pages);
        DocsPagesEndpoints.Map(pages);
        LoginPageEndpoints.Map(pages);
        DevicePageEndpoints.Map(pages);
        SettingsPagesEndpoints.Map(pages);
        TokensPageEndpoints.Map(pages);
        JobPagesEndpoints.Map(pages);
        RunPagesEndpoints.Map(pages);
        AdminPageEndpoints.Map(pages);
        NewRepositoryPageEndpoints.Map(pages);
        AccountPageEndpoints.Map(pages);
        CardPageEndpoints.Map(pages);
        ProfilePageEndpoints.Map(pages);
        PopulationPagesEndpoints.Map(pages);
        GeneratePageEndpoints.Map(pages);
        SoupFormEndpoints.Map(pages);
        FineTunePageEndpoints.Map(pages);
        LeaderboardPagesEndpoints.Map(pages);
        EvaluationsPageEndpoints.Map(pages);
        UsePageEndpoints.Map(pages);
        SubmitPageEndpoints.Map(pages);
        LikeFormEndpoints.Map(pages);
        ForkPageEndpoints.Map(pages);
        TryPageEndpoints.Map(pages);
        RepositorySettingsPageEndpoints.Map(pages);
        FilesPageEndpoints.Map(pages);
        BlobPageEndpoints.Map(pages);
        EditPageEndpoints.Map(pages);
        UploadPageEndpoints.Map(pages);
        ConvertPageEndpoints.Map(pages);
        DeletePageEndpoints.Map(pages);
        CommitPagesEndpoints.Map(pages);
        ReferencesPageEndpoints.Map(pages);
        DiscussionPagesEndpoints.Map(pages);
        DiscussionFormEndpoints.Map(pages);
    }
}
