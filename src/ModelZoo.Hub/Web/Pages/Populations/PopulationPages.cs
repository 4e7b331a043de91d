using Microsoft.AspNetCore.Http;
using ModelZoo.Git;
using ModelZoo.Hub.Facades.Zoo;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Deltas;
using ModelZoo.Hub.Populations.Members;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Pages.Catalogue;
using ModelZoo.Hub.Web.Pages.Populations.Figures;
using ModelZoo.Hub.Web.Pages.Repositories;
using ModelZoo.Learning;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>Loads the pages of a population: what the commit holds and what analyses left in it. No page reads weights.</summary>
sealed class PopulationPages(PageFrames frames, RepositoryPageParts parts, PopulationShelf shelf, AnalysisFiles analyses, TreeReader trees, PopulationWork work, PopulationSoups soups, StorageSavingsQuery savings)
{
    /// <summary>Columns of distances.csv and agreement.csv, and what they are called.</summary>
    static readonly (string Name, string Title)[] s_distances = [("relative", "relative distance"), ("l2", "L2 distance"), ("cosine", "cosine"), ("normalized", "distance per number")];
    static readonly (string Name, string Title)[] s_agreements = [("agreement", "agreement"), ("kappa", "κ"), ("js", "JS divergence"), ("error_overlap", "overlap of errors")];

    /// <summary>A population at a revision; none where its files are damaged, and then the frame says why.</summary>
    sealed record Opened(ReadableRepository Proof, CommitRow Commit, PopulationFrame Head, Population? Population);

    public async Task<IResult> OverviewAsync(ReadableRepository proof, RouteText? revision, HttpContext http, CancellationToken stop)
    {
        var (opened, shown) = await OpenAsync(proof, revision, "", null, http, stop);
        return await OverviewAsync(opened, shown, null, stop);
    }

    /// <summary>The overview again, with the reason why work was not started.</summary>
    public async Task<IResult> RefusedAsync(ReadableRepository proof, RouteText revision, Refusal refusal, HttpContext http, CancellationToken stop)
    {
        var (opened, shown) = await OpenAsync(proof, revision, "", null, http, stop);
        return await OverviewAsync(opened, shown, refusal, stop);
    }

    async Task<IResult> OverviewAsync(Opened opened, ShownRevision shown, Refusal? refusal, CancellationToken stop)
    {
        var proof = opened.Proof;
        if (opened.Population is not { } population) return Page<PopulationPage>(opened, new PopulationPageModel(opened.Head));
        var figures = new AnalysisFigures(await FindAsync("behaviour"), await FindAsync("weights"), await FindAsync("lineage"), await FindAsync("averaging"), await FindAsync("prediction"));
        var blueprint = await parts.FindTextAsync(proof.Repository, ObjectId.Parse(shown.Commit.TreeId), PopulationLayout.Blueprint, stop);
        var model = PopulationOverview.Of(opened.Head, population, figures, blueprint, DateTimeOffset.FromUnixTimeMilliseconds(shown.Commit.CommittedAt)) with { Problem = refusal?.Message, Savings = await savings.FindAsync(proof.Id, stop) is { } saved ? PopulationOverview.Say(saved) : null };
        return new PageResult<PopulationPage>(model, refusal is null ? StatusCodes.Status200OK : RefusalStatus.Of(refusal.Kind));

        Task<FigureNode> FindAsync(string name) => analyses.FindAsync(proof, shown.Commit, name, stop);
    }

    public async Task<IResult> MembersAsync(ReadableRepository proof, RouteText revision, HttpContext http, CancellationToken stop)
    {
        var (opened, _) = await OpenAsync(proof, revision, "members", null, http, stop);
        var query = MemberQuery.Read(http.Request.Query);
        var all = opened.Population?.Members ?? [];
        var (chosen, problem) = query.Choose(all);
        var links = opened.Head.Links;
        return Page<MembersPage>(opened, new MembersPageModel(opened.Head, query, MemberListView.Of(links, all, chosen, query), PivotView.Of(links, all, chosen, query))
        {
            WhereProblem = problem, Example = Example(all), Names = [.. PivotView.FactsOf(all).Append("epoch").Concat(PivotView.MeasuresOf(all)).Select(PopulationWords.Short).Take(24)],
        });
    }

    /// <summary>Half of the members of the last stage, or so.</summary>
    static string Example(IReadOnlyList<PopulationMember> all)
    {
        var stage = all.Count > 0 && PopulationLinks.Condition("stage", all[^1].Card.Stage) is { Length: < 80 } named ? $" and {named}" : "";
        return PopulationWords.Split(all) is { Length: > 0 and < 40 } split && PopulationWords.Quartiles(all.Where(member => member.Card.Stage == all[^1].Card.Stage).Select(member => PopulationWords.LastAccuracy(member, split))) is [_, _, var median, _, _]
            ? $"{split}_accuracy >= {Math.Round(median, 2).ToString(System.Globalization.CultureInfo.InvariantCulture)}{stage}" : $"epoch >= 3{stage}";
    }

    public async Task<IResult> MemberAsync(ReadableRepository proof, RouteText revision, RouteText member, HttpContext http, CancellationToken stop)
    {
        var (opened, shown) = await OpenAsync(proof, revision, "members", links => links.Tab("members"), http, stop);
        if (opened.Population is not { } population) return Page<MemberPage>(opened, new MemberPageModel(opened.Head, new("", "", "")));
        var found = population.Find(member.Value) ?? throw Refusal.NotFound($"There is no member '{PopulationWords.Short(member.Value)}' in {proof.Repository.FullName} at {shown.Shown}.");
        var folder = RepoPath.Parse($"{PopulationLayout.Members}/{found.Id}/checkpoints");
        var entry = await trees.FindEntryAsync(proof.Repository.SpaceId, ObjectId.Parse(shown.Commit.TreeId), folder, stop);
        var files = entry is { Mode: EntryMode.Folder } ? await trees.ListAsync(proof.Repository.SpaceId, entry.Id, folder, stop) : [];
        var from = int.TryParse(http.Request.Query["from"], System.Globalization.NumberStyles.None, null, out var wanted) ? wanted : 0;
        var view = MemberView.Of(opened.Head.Links, population, found, files, shown.Commit.Id, from);
        var made = SoupLine.Of(opened.Head.Links, population, await soups.ListAsync(proof, stop)).Where(soup => soup.Members.Contains(found.Id)).ToList();
        return Page<MemberPage>(opened, new MemberPageModel(opened.Head, view with { Soups = made }));
    }

    public async Task<IResult> CurvesAsync(ReadableRepository proof, RouteText revision, HttpContext http, CancellationToken stop)
    {
        var (opened, _) = await OpenAsync(proof, revision, "curves", null, http, stop);
        return Page<CurvesPage>(opened, new CurvesPageModel(opened.Head, CurvesView.Of(opened.Head.Links, opened.Population?.Members ?? [], http.Request.Query)));
    }

    public async Task<IResult> MapAsync(ReadableRepository proof, RouteText revision, HttpContext http, CancellationToken stop)
    {
        var (opened, shown) = await OpenAsync(proof, revision, "map", null, http, stop);
        var table = opened.Population is null ? null : await analyses.FoldAsync(proof, shown.Commit, "components", "", () => new ComponentTable(), stop);
        // A family alone is drawn from distances, a table much longer than that of coordinates.
        var distances = table is null || http.Request.Query["family"].Count == 0 ? null : await analyses.FoldAsync(proof, shown.Commit, "distances", "l2", () => new PairTable("l2"), stop);
        return Page<MapPage>(opened, new MapPageModel(opened.Head, MapView.Of(opened.Head.Links, opened.Population?.Members ?? [], table, distances, await analyses.FindAsync(proof, shown.Commit, "weights", stop), http.Request.Query)));
    }

    public async Task<IResult> MatricesAsync(ReadableRepository proof, RouteText revision, HttpContext http, CancellationToken stop)
    {
        var (opened, shown) = await OpenAsync(proof, revision, "matrices", null, http, stop);
        var (members, links) = (opened.Population?.Members ?? [], opened.Head.Links);
        string? Asked(string name) => http.Request.Query[name].ToString() is { Length: > 0 and <= 300 } text ? text : null;
        var distance = s_distances.FirstOrDefault(each => each.Name == Asked("distance")) is { Name: not null } known ? known : s_distances[0];
        var agreement = s_agreements.FirstOrDefault(each => each.Name == Asked("agreement")) is { Name: not null } said ? said : s_agreements[0];
        var family = Asked("family");
        var families = members.Where(member => member.Card.ParentId is null).Select(member => member.Id).Take(40).ToList();
        return Page<MatricesPage>(opened, new MatricesPageModel(opened.Head, await MatrixAsync("distances", distance), await MatrixAsync("agreement", agreement),
            new("Distance", [.. s_distances.Select(each => Choose(each.Title, each == distance, ("distance", each.Name)))]), new("Agreement", [.. s_agreements.Select(each => Choose(each.Title, each == agreement, ("agreement", each.Name)))]),
            new("Family", [Choose("all families", family is null || !families.Contains(family), ("family", null)), .. families.Select(name => Choose(PopulationWords.Short(name), name == family, ("family", name)))])));

        async Task<MatrixView?> MatrixAsync(string table, (string Name, string Title) column) => opened.Population is null ? null
            : MatrixView.Of(members, await analyses.FoldAsync(proof, shown.Commit, table, column.Name, () => new PairTable(column.Name), stop), column.Title, family is not null && families.Contains(family) ? family : null);

        SortLink Choose(string label, bool chosen, (string Name, string? Value) field) =>
            new(label, chosen, links.Page("matrices", [.. ((string[])["distance", "agreement", "family"]).Where(name => name != field.Name).Select(name => (name, Asked(name))), field]));
    }

    public async Task<IResult> LineageAsync(ReadableRepository proof, RouteText revision, HttpContext http, CancellationToken stop)
    {
        var (opened, _) = await OpenAsync(proof, revision, "lineage", null, http, stop);
        if (opened.Population is not { } population) return Page<LineagePage>(opened, new LineagePageModel(opened.Head, null));
        var made = await soups.ListAsync(proof, stop);
        var lines = SoupLine.Of(opened.Head.Links, population, made);
        return Page<LineagePage>(opened, new LineagePageModel(opened.Head, LineageView.Of(opened.Head.Links, population.Members, lines)) { HasSoups = lines.Count > 0, SoupsLeft = made.Left, Split = PopulationWords.Split(population.Members) });
    }

    public Task<IResult> SoupsAsync(ReadableRepository proof, RouteText revision, HttpContext http, CancellationToken stop) =>
        SoupsAsync(proof, revision, http.Request.Query["members"].ToString(), http.Request.Query["method"].ToString(), FormState.Empty, http, stop);

    /// <param name="form">With the reason when the work was refused.</param>
    public async Task<IResult> SoupsAsync(ReadableRepository proof, RouteText revision, string members, string method, FormState form, HttpContext http, CancellationToken stop)
    {
        var (opened, shown) = await OpenAsync(proof, revision, "soups", null, http, stop);
        if (opened.Population is not { } population) return Page<SoupsPage>(opened, new SoupsPageModel(opened.Head, new(), false));
        var averaging = await analyses.FindAsync(proof, shown.Commit, "averaging", stop);
        var barriers = await analyses.FoldAsync(proof, shown.Commit, "barriers", "", () => new BarrierTable(), stop);
        var made = await soups.ListAsync(proof, stop);
        var model = new SoupsPageModel(opened.Head, SoupsView.Of(opened.Head.Links, population, barriers, averaging, members, method), averaging.Exists) { Form = form, Made = SoupLine.Of(opened.Head.Links, population, made), SoupsLeft = made.Left, Split = PopulationWords.Split(population.Members) };
        return new PageResult<SoupsPage>(model, form.Problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    public async Task<IResult> PredictionAsync(ReadableRepository proof, RouteText revision, HttpContext http, CancellationToken stop)
    {
        var (opened, shown) = await OpenAsync(proof, revision, "prediction", null, http, stop);
        var (prediction, lineage) = (await analyses.FindAsync(proof, shown.Commit, "prediction", stop), await analyses.FindAsync(proof, shown.Commit, "lineage", stop));
        return Page<PredictionPage>(opened, new PredictionPageModel(opened.Head, PredictionView.Of(prediction, lineage), prediction.Exists, lineage.Exists));
    }

    /// <param name="elsewhere">Where the picker of revisions leads; this very page when it is not given.</param>
    async Task<(Opened Opened, ShownRevision Shown)> OpenAsync(ReadableRepository proof, RouteText? revision, string tab, Func<PopulationLinks, Href>? elsewhere, HttpContext http, CancellationToken stop)
    {
        var shown = revision is { } asked ? await parts.ResolveAsync(proof, asked.Value, stop) : await parts.FindHeadAsync(proof, stop) ?? throw Missing(proof, null);
        var heading = await parts.HeadingAsync(proof, shown, stop);
        if (!heading.IsPopulation) throw Missing(proof, shown.Shown);
        if (revision is null) heading = heading with { Revision = null };
        var links = new PopulationLinks(heading.Links, shown.Shown);
        var references = await parts.ReferencesAsync(proof, shown, name => (elsewhere ?? (at => at.Tab(tab)))(new(heading.Links, name)), stop);
        var head = new PopulationFrame(frames.For(http, proof.Repository.Kind.Plural()), heading, references, links, tab, shown.Commit.Id) { MayRun = shown.IsBranch && heading.MayWrite };
        head = head with { Moving = await work.FindAsync(proof, shown, head, http, stop) };
        try
        {
            var population = await shelf.FindAsync(proof, shown.Commit, stop) ?? throw Missing(proof, shown.Shown);
            return (new(proof, shown.Commit, head with { Name = PopulationWords.Short(population.Record.Title ?? population.Record.Population) }, population), shown);
        }
        catch (Exception problem) when (problem is PopulationException or RecipeException)
        {
            return (new(proof, shown.Commit, head with { Problem = problem.Message.Length > 400 ? problem.Message[..400] + "…" : problem.Message }, null), shown);
        }
    }

    static PageResult<T> Page<T>(Opened opened, object model) where T : Microsoft.AspNetCore.Components.IComponent => new(model, opened.Population is null ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);

    static Refusal Missing(ReadableRepository proof, string? revision) => Refusal.NotFound($"{proof.Repository.FullName} holds no population{(revision is null ? "" : $" at {revision}")}: its root has no {PopulationLayout.Record}.");
}
