using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using ModelZoo.Hub.Web.Charts;
using ModelZoo.Hub.Web.Pages.Populations;
using ModelZoo.Hub.Web.Pages.Populations.Figures;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;

namespace ModelZoo.Tests.Web;

/// <summary>What pages of populations say, as pure functions of members and figures.</summary>
public sealed class PopulationViewTests
{
    static readonly PopulationLinks s_links = SamplePopulations.Links;

    static QueryCollection Query(params (string Name, string Value)[] fields) => new(fields.ToDictionary(field => field.Name, field => new StringValues(field.Value)));

    [Fact]
    public void Headlines_say_the_published_figures_of_the_digits()
    {
        var lines = Headlines.Of([], SamplePopulations.Digits).ToDictionary(line => line.Label, line => line.Value);

        Assert.Equal("0.867 within, 0.858 across", lines["Agreement of predictions"]);
        Assert.Equal("0.852 within, 0.842 across", lines["The same beyond chance (κ)"]);
        Assert.Equal("0.197 within, 1.167 across", lines["Distance of weights"]);
        Assert.Equal("27", lines["Between families over within"]);
        Assert.Equal("6.15", lines["Directions that matter"]);
        Assert.Equal("0.928", lines["All members together"]);
        Assert.Equal("240 of 240", lines["Parent found from weights"]);
        Assert.Equal("11 of 24 pairs", lines["Siblings that can be averaged"]);
        Assert.Empty(SamplePopulations.Digits.Missing);
    }

    [Fact]
    public void Nothing_is_said_that_was_not_computed()
    {
        Assert.Empty(Headlines.Of([], AnalysisFigures.None));
        Assert.Equal(["weights", "behaviour", "lineage", "averaging", "prediction"], AnalysisFigures.None.Missing.Select(missing => missing.Name));
        Assert.Empty(PredictionView.Of(FigureNode.Nothing, FigureNode.Nothing).Tasks);
        Assert.Null(MatrixView.Of([], null, "agreement", null));
        Assert.Null(MapView.Of(s_links, [], null, null, FigureNode.Nothing, Query()));
        Assert.Null(CurvesView.Of(s_links, [], Query()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1, 2")]
    [InlineData("""{"sets": 5, "groups": {"a": []}, "effects": [], "barriers": "<script>", "tasks": [[[]]]}""")]
    [InlineData("""{"sets": [{"members": 1e999, "within": {"agreement": "0.9"}, "ensemble_accuracy": 1e999}], "groups": [null, 3, {"between_over_within": -1e999, "explained": [1, "x"], "members": -4}], "children": "many", "nearest_base_is_parent": {}, "margin": [1], "barriers": {"siblings, same first head": {"connected": -3, "pairs": 1.5}}, "tasks": [{"epochs": {}, "test_accuracy": {"all_epochs": {"r2": "1"}, "within_epoch": []}, "classification": [1]}], "epochs": [{"members_of": 3}]}""")]
    public void Figures_that_are_none_read_as_nothing(string json)
    {
        var node = FigureNode.Parse(json);
        var figures = new AnalysisFigures(node, node, node, node, node);

        Assert.Empty(Headlines.Of([], figures));
        Assert.All(PredictionView.Of(node, node).Tasks, task => Assert.All(task.Targets, target => Assert.Empty(target.Lines)));
    }

    [Fact]
    public void Members_are_sorted_by_number_or_word_and_those_without_a_value_come_last()
    {
        PopulationMember[] members = [SamplePopulations.Member("m-1", null, [("lr", 0.1)], [0.5]), SamplePopulations.Member("m-2", null, [("lr", 0.003)], [0.9]), SamplePopulations.Member("m-3", null, [], [0.7]), SamplePopulations.Member("m-4", null, [("lr", "high")], [])];

        string[] Ids(string sort) => [.. MemberListView.Of(s_links, members, members, new() { Sort = sort }).Lines.Select(line => line.Id)];

        Assert.Equal(["m-2", "m-1", "m-4", "m-3"], Ids("lr"));
        Assert.Equal(["m-4", "m-1", "m-2", "m-3"], Ids("-lr"));
        Assert.Equal(["m-2", "m-3", "m-1", "m-4"], Ids("-test_accuracy"));
        Assert.Equal(["m-1", "m-2", "m-3", "m-4"], Ids("no such column"));
    }

    [Fact]
    public void A_table_has_pages_and_every_column_of_the_members()
    {
        var members = SamplePopulations.Families(3, 20);
        var first = MemberListView.Of(s_links, members, members, new() { Sort = "-test_accuracy" });
        var last = MemberListView.Of(s_links, members, members, new() { Page = 3 });

        Assert.Equal(["member", "stage", "status", "epoch", "test_accuracy", "seed", "optim.lr", "head.kind", "train_accuracy", "train_loss", "test_loss", "head_seed", "parent", "split"], first.Columns.Select(column => column.Name));
        Assert.Equal((63, 25, 13), (first.Total, first.Lines.Count, last.Lines.Count));
        Assert.Equal("/ada/digits/population/main/members?sort=-test_accuracy&page=2", first.Next?.Value);
        Assert.Null(last.Next);
        Assert.Equal("descending", first.Columns.Single(column => column.Name == "test_accuracy").Order);
    }

    [Fact]
    public void A_condition_chooses_members_and_one_that_cannot_be_read_says_where_it_breaks()
    {
        var members = SamplePopulations.Families(2, 12);

        var (chosen, problem) = new MemberQuery { Where = "lr = 0.1 and head.kind = 'linear'" }.Choose(members);
        var (all, wrong) = new MemberQuery { Where = "lr >" }.Choose(members);

        Assert.Equal((4, null), (chosen.Count, problem));
        Assert.Equal(members.Count, all.Count);
        Assert.Contains("a value is missing", wrong);
    }

    [Fact]
    public void A_pivot_tells_mean_deviation_and_count_of_each_cell()
    {
        PopulationMember[] members =
        [
            SamplePopulations.Member("a", null, [("lr", 0.003), ("head", "linear")], [0.90]), SamplePopulations.Member("b", null, [("lr", 0.003), ("head", "linear")], [0.94]),
            SamplePopulations.Member("c", null, [("lr", 0.1), ("head", "mlp")], [0.5]), SamplePopulations.Member("d", null, [("lr", 0.1), ("head", "linear")], []),
        ];
        var pivot = PivotView.Of(s_links, members, members, new() { Rows = "lr", Columns = "head", Measure = "test_accuracy" })!;

        Assert.Equal(["0.003", "0.1"], pivot.RowLevels);
        Assert.Equal(["linear", "mlp"], pivot.ColumnLevels);
        var cell = pivot.Cells[0, 0]!;
        Assert.Equal((2, 0.92, 0.02), (cell.Count, Math.Round(cell.Mean, 9), Math.Round(cell.Deviation, 9)));
        Assert.Null(pivot.Cells[0, 1]);
        Assert.Null(pivot.Cells[1, 0]);      // nothing was measured of it
        Assert.Contains("where=lr%3D%270.003%27%20and%20head%3D%27linear%27", cell.Members!.Value.Value);
    }

    [Fact]
    public void Curves_have_quartiles_over_members_and_a_panel_for_each_value()
    {
        PopulationMember[] members = [.. Enumerable.Range(0, 5).Select(i => SamplePopulations.Member($"m-{i}", "base", [("lr", i < 3 ? 0.1 : 0.2)], [0.1, 0.1 * (i + 1)]))];

        var plain = CurvesView.Of(s_links, members, Query())!;
        var split = CurvesView.Of(s_links, members, Query(("by", "lr"), ("split", "test")))!;

        Assert.Equal(["train", "test"], plain.Panels.Select(panel => panel.Title));
        Assert.Equal([0.2, 0.3, 0.4], plain.Panels[1].Bands[1] is var band ? [Math.Round(band.Low, 9), Math.Round(band.Median, 9), Math.Round(band.High, 9)] : (double[])[]);
        Assert.Equal(["lr 0.1", "lr 0.2"], split.Panels.Select(panel => panel.Title));
        Assert.Equal(3, split.Panels[0].Bands[1].Count);
    }

    [Fact]
    public void Curves_of_many_members_over_many_epochs_stay_small()
    {
        PopulationMember[] members = [.. Enumerable.Range(0, 2_000).Select(i => SamplePopulations.Member($"m-{i}", "base", [], [.. Enumerable.Range(0, 51).Select(e => (e * 7 + i * 13) % 100 / 100.0)]))];
        var view = CurvesView.Of(s_links, members, Query())!;

        Assert.InRange(view.Panels.Sum(panel => CurveSvg.Draw(panel).Length), 5_000, 45_000);
        Assert.Contains("taken evenly", view.Sentence);
    }

    [Fact]
    public async Task A_matrix_is_ordered_by_lineage_and_condensed_where_members_are_many()
    {
        var members = SamplePopulations.Families(10, 24);
        var csv = "group,a,b,relative\n" + string.Concat(members.Reverse().SelectMany((a, i) => members.Reverse().Skip(i + 1).Select(b => $"1,{a.Id},{b.Id},{(PopulationWords.Family(a) == PopulationWords.Family(b) ? 0.197 : 1.167)}\n")));
        var pairs = await SamplePopulations.FoldAsync(new PairTable("relative"), csv);

        var all = MatrixView.Of(members, pairs, "relative", null)!;
        var one = MatrixView.Of(members, pairs, "relative", members[0].Id)!;

        Assert.Equal(250, all.Members);
        Assert.True(all.IsCondensed);
        Assert.Equal(members.Where(member => member.Card.ParentId is null).Select(member => member.Id), all.Plot.Blocks.Select(block => block.Name));
        Assert.InRange(all.Plot.Cells.GetLength(0), 40, 60);
        Assert.Contains("0.197 within, 1.167 across families", all.Plot.Finding);
        Assert.Equal(0.197, all.Families.Means[3, 3]!.Value, 5);
        Assert.Equal(1.167, all.Families.Means[3, 4]!.Value, 5);
        Assert.InRange(MatrixSvg.Draw(all.Plot).Length, 1_000, 15_000);
        Assert.Equal((25, false), (one.Plot.Cells.GetLength(0), one.IsCondensed));
    }

    [Fact]
    public async Task Tables_that_lie_are_bounded()
    {
        var many = "a,b,agreement\n" + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"x{i},y{i},0.5\n")) + "a,a,1\n,,\nx0,y1,nan\n\"x1\"\"<script>\",y2," + new string('9', 5_000) + "\nx0,y2,0.25";
        var pairs = await SamplePopulations.FoldAsync(new PairTable("agreement"), many);
        var empty = await SamplePopulations.FoldAsync(new PairTable("kappa"), many);
        var map = await SamplePopulations.FoldAsync(new ComponentTable(), "group,member_id,pc1,pc2\r\n1,\"a,\nb\",1e999,2\r\n1,c,1,x\r\n1,d,3,4,5\r\n1,e");

        Assert.Equal(600, pairs.Ids.Count);
        Assert.Equal(0.25, pairs.Find(pairs.PlaceOf("x0")!.Value, pairs.PlaceOf("y2")!.Value));
        Assert.True(double.IsNaN(pairs.Find(0, 3)));
        Assert.Empty(empty.Ids);
        Assert.Equal(["c", "d"], map.Rows.Select(row => row.Member));
        Assert.NotNull(MapView.Of(s_links, [], map, null, FigureNode.Nothing, Query(("x", "9"), ("by", "nothing"))));
    }

    [Fact]
    public async Task The_map_tells_families_apart_by_shape_and_colour_and_names_what_directions_explain()
    {
        var members = SamplePopulations.Families(10, 24);
        var table = await SamplePopulations.FoldAsync(new ComponentTable(), "group,member_id,family,pc1,pc2\n" + string.Concat(members.Select((member, i) => $"1,{member.Id},{PopulationWords.Family(member)},{i % 25},{i / 25}\n")));

        var map = MapView.Of(s_links, members, table, null, SamplePopulations.Digits.Weights, Query())!;
        var by = MapView.Of(s_links, members, table, null, SamplePopulations.Digits.Weights, Query(("by", "optim.lr")))!;

        Assert.Equal(10, map.Map.Groups.Count);
        Assert.Equal(10, Enumerable.Range(0, 10).Select(group => (MapMarks.Shape(group), MapMarks.Color(group))).Distinct().Count());
        Assert.Equal("direction 1, 22 %", map.Map.AcrossAxis);
        Assert.Contains("the participation ratio is 6.15", map.Scree!.Finding);
        Assert.Equal(["1E-06", "1E-05", "0.0001", "0.001", "0.01", "0.1"], by.Map.Groups);
        Assert.All(map.Groups, group => Assert.Equal(25, group.Count));
    }

    [Fact]
    public void The_tree_names_children_where_they_are_few_and_counts_them_where_they_are_many()
    {
        var few = LineageView.Of(s_links, SamplePopulations.Families(2, 6), []);
        var many = LineageView.Of(s_links, SamplePopulations.Families(10, 24), []);
        // Two that call each other parent, and one whose parent is nowhere.
        var odd = LineageView.Of(s_links, [SamplePopulations.Member("a", "b", [], [0.5]), SamplePopulations.Member("b", "a", [], [0.5]), SamplePopulations.Member("c", "gone", [], [], MemberStatus.Diverged)], []);

        Assert.Equal((2, 6, false), (few.Roots.Count, few.Roots[0].Children.Count, few.IsCollapsed));
        Assert.Equal((10, 0, 24, true), (many.Roots.Count, many.Roots[0].Children.Count, many.Roots[0].ChildCount, many.IsCollapsed));
        Assert.Contains("24 children, theirs ", many.Roots[0].Says);
        Assert.Equal("not in this population", Assert.Single(odd.Roots).Says);
    }

    [Fact]
    public void Predictions_keep_the_leaky_split_apart_and_lineage_is_told_as_published()
    {
        var view = PredictionView.Of(SamplePopulations.Digits.Prediction, SamplePopulations.Digits.Lineage);
        var lines = Assert.Single(Assert.Single(view.Tasks).Targets).Lines;

        Assert.Equal([("all epochs together", "0.436", false), ("within epoch 10", "0.029", false), ("split by state: leaky", "0.747", true)], lines.Select(line => (line.Split, line.RSquared, line.IsLeaky)));
        Assert.Equal(("optim.lr", "5", "0.470", "0.200"), Assert.Single(view.Tasks[0].Classes));
        Assert.Contains(("The nearest base is the recorded parent", "240 of 240"), view.Lineage);
        Assert.Contains(("The runner-up is farther by: least, median", "1.19 ×, 5.36 ×"), view.Lineage);
    }

    [Theory]
    [InlineData("plain-id", "plain-id")]
    [InlineData("a b", "'a b'")]
    [InlineData("it's; rm -rf $HOME", @"'it'\''s; rm -rf $HOME'")]
    public void A_command_keeps_any_name_one_word(string name, string word) => Assert.Equal(word, SoupAdvisor.Quoted(name));
}
