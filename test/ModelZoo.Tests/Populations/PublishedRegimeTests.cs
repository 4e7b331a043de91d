using System.Text.Json;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;
using ModelZoo.Tests.Client;
using ModelZoo.Weights;
using static ModelZoo.Tests.Populations.SmallPopulation;

namespace ModelZoo.Tests.Populations;

/// <summary>The grid of the published CNN zoos (Schürholt et al. 2022), cut to a member for each way to begin, optimiser and dropout: made, exported and taken in again.</summary>
public sealed class PublishedRegimeTests
{
    static readonly string s_cut = BlueprintTemplates.Find("cnn-hyp-10-fixed")!.Replace("n: 1000", "n: 60").Replace("n: 300", "n: 30").Replace("n: 500", "n: 40").Replace("epochs: 50", "epochs: 2")
        .Replace("[tanh, relu, sigmoid, gelu]", "[relu]").Replace("[1e-3, 1e-4]", "[1e-3]").Replace("count: 10", "count: 1");

    [Fact]
    public async Task Every_cell_trains_and_keeps_its_settings_in_the_layout_of_those_zoos()
    {
        using var folder = new TemporaryFolder();
        var blueprint = folder.Write("cut.yaml", s_cut);
        Assert.Equal(16, (await JsonAsync("population", "plan", blueprint, "--no-calibration")).GetProperty("members").GetInt32());
        var (code, _, error) = await ZooAsync("population", "generate", blueprint, "--out", folder["made"]);
        Assert.True(code == 0, error);
        var made = await Population.OpenAsync(new FolderFiles(folder["made"]), default);
        Assert.Equal((16, 16), (made.Members.Count, made.Members.Count(member => member.IsDone)));

        Assert.Equal(0, (await ZooAsync("population", "export", folder["made"], "--format", "ray", "--out", folder["ray"])).Code);
        var told = Directory.GetFiles(folder["ray"], "params.json", SearchOption.AllDirectories).Select(path => JsonDocument.Parse(File.ReadAllText(path)).RootElement).ToList();
        var cells = told.Select(json => (json.GetProperty("model::init_type").GetString(), json.GetProperty("optim::optimizer").GetString(), json.GetProperty("model::dropout").GetDouble())).ToHashSet();
        Assert.Equal([.. from init in (string[])["uniform", "normal", "kaiming_uniform", "kaiming_normal"] from optimizer in (string[])["adam", "sgd"] from dropout in (double[])[0, 0.5] select ((string?)init, (string?)optimizer, dropout)], cells);
        Assert.All(told, json => Assert.Equal(json.GetProperty("optim::optimizer").GetString() == "sgd", json.TryGetProperty("optim::momentum", out var momentum) && momentum.GetDouble() == 0.9));

        Assert.Equal(16, (await JsonAsync("population", "import", folder["ray"], "--out", folder["in"], "--name", "back")).GetProperty("members").GetInt32());
        Assert.Equal(1, await CountAsync("init = 'uniform' and optimizer = 'adam' and dropout = 0.5 and epoch = 2"));
        Assert.Equal(8, await CountAsync("dropout > 0 and batch = 10 and activation = 'relu' and lr = 0.001 and epoch = 2"));
        Assert.Equal(4, await CountAsync("init != 'normal' and init != 'uniform' and optim = 'sgd' and epoch = 2"));

        async Task<int> CountAsync(string where) => (await JsonAsync("population", "show", folder["in"], "--where", where)).GetProperty("members").GetArrayLength();
    }

    [Fact]
    public async Task A_cell_with_dropout_is_the_same_after_an_interruption_and_by_the_contract_for_trainers()
    {
        using var folder = new TemporaryFolder();
        var text = s_cut.Replace("[0, 0.5]", "[0.5]").Replace("[uniform, normal, kaiming_uniform, kaiming_normal]", "[normal]");
        var blueprint = folder.Write("cut.yaml", text);
        Assert.Equal(0, (await ZooAsync("population", "generate", blueprint, "--out", folder["whole"])).Code);
        Assert.Equal(0, (await ZooAsync("population", "generate", blueprint, "--out", folder["two"])).Code);
        // As a run leaves it that was killed after the first epoch.
        foreach (var member in Directory.GetDirectories(Path.Combine(folder["two"], "members"))) Assert.True(File.Exists(Path.Combine(member, "status.json")));
        Assert.Equal(States(folder["whole"]), States(folder["two"]));
    }
}
