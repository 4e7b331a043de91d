using ModelZoo.Learning;
using ModelZoo.Learning.Blueprints;

namespace ModelZoo.Tests.Learning;

/// <summary>Blueprints through the front door: text in, members or a refusal with line and key out.</summary>
public sealed class BlueprintTests
{
    const string Start = """
        population: small
        datasets: { digits: { builtin: digits }, glyphs: { builtin: glyphs8 } }
        architectures:
          tiny: { family: vit, image: 8, patch: 2, dim: 32, depth: 4, heads: 4, mlp: 64 }
          wide: { family: mlp, image: 8, hidden: [32, 16] }
          one: { family: cnn, image: 8, hidden: [4] }
        stages:

        """;

    static readonly Func<BlueprintDataset, DatasetFacts?> s_imageNets = set =>
        set.Source.StartsWith("ilsvrc", StringComparison.Ordinal) ? new(1000, 1_281_167, 224, 3) : new(100, 50_000, 224, 3);

    [Theory]
    [InlineData("vit-s-imagenet-cifar100", 250)]
    [InlineData("digits-250", 250)]
    [InlineData("digits-14", 14)]
    [InlineData("shapes-14", 14)]
    [InlineData("digits-phases", 90)]
    [InlineData("cnn-seed", 1000)]
    [InlineData("cnn-hyp-10-fixed", 2560)]
    [InlineData("cnn-hyp-10-rand", 2560)]
    public void Templates_make_the_number_of_members_they_promise(string name, int members)
    {
        var made = Blueprint.Parse(BlueprintTemplates.Find(name)!).Expand();
        Assert.Equal(members, made.Count);
        Assert.Equal(members, made.Select(member => member.Id).Distinct().Count());
        Assert.All(made, member => Assert.Matches("^[a-z-]+-[0-9a-f]{12}$", member.Id));
    }

    [Fact]
    public void The_laptop_population_is_planned_as_it_was_measured()
    {
        var plan = BlueprintPlan.Of(Blueprint.Parse(BlueprintTemplates.Find("digits-250")!));
        Assert.Equal(10 * 9 + 240 * 11, plan.Checkpoints);
        Assert.Equal(2730, plan.Checkpoints);
        Assert.InRange(plan.CheckpointBytes!.Value, 380e6, 410e6);
        // 3.8 GFLOP an epoch of 1,000 images; pre-training sees 4,096, contrastive twice.
        Assert.InRange(plan.TrainingFlop!.Value, 2400 * 3.8e9, 2400 * 3.8e9 * 2);
        Assert.NotNull(plan.EstimateTime(30e9, 2));
    }

    [Fact]
    public void What_is_not_known_is_not_planned()
    {
        var text = BlueprintTemplates.Find("vit-s-imagenet-cifar100")!;
        Assert.Null(BlueprintPlan.Of(Blueprint.Parse(text)).CheckpointBytes);
        var plan = BlueprintPlan.Of(Blueprint.Parse(text), s_imageNets);
        // Ten parents of 91 states and 240 children of 51, as the reference counts them.
        Assert.Equal(10 * 91 + 240 * 51, plan.Checkpoints);
        Assert.InRange(plan.CheckpointBytes!.Value, 1.12e12, 1.16e12);
        Assert.Equal(22_050_664, ModelZoo.Learning.Models.ParameterLayout.Of(plan.Members[0].Architecture, plan.Members[0].Head!).Count);
        Assert.Equal([21_704_164, 21_789_924], plan.Members.Where(member => member.Stage == "finetune").Select(member => ModelZoo.Learning.Models.ParameterLayout.Of(member.Architecture, member.Head!).Count).Distinct().Order());
    }

    [Fact]
    public void The_last_axis_is_the_fastest()
    {
        var members = Expand("""
              - { name: scratch, architecture: tiny, dataset: digits, train: { epochs: 1 }, factors: { lr: [0.1, 0.01], batch: [10, 20] }, seeds: [5, 6] }
            """);
        Assert.Equal(["0.1/10/5", "0.1/10/6", "0.1/20/5", "0.1/20/6", "0.01/10/5", "0.01/10/6", "0.01/20/5", "0.01/20/6"],
            members.Select(member => $"{member.Effective.Real("train.lr")}/{member.Effective.Whole("train.batch")}/{member.Seed}"));
    }

    [Fact]
    public void Adding_values_keeps_members_and_changing_a_default_does_not()
    {
        const string stage = "  - { name: scratch, architecture: tiny, dataset: digits, train: { epochs: 2 }, factors: { lr: [0.1, 0.01] }, seeds: [1, 2] }";
        var old = Expand(stage);
        var more = BlueprintRevision.Compare(old, Expand(stage.Replace("[0.1, 0.01]", "[0.1, 0.01, 0.001]").Replace("[1, 2]", "[1, 2, 3]")));
        Assert.True(more.IsExtension);
        Assert.Equal((4, 5), (more.Kept.Count, more.Added.Count));
        // The name of a factor and a default that is written out are not part of what a member is.
        Assert.True(BlueprintRevision.Compare(old, Expand(stage.Replace("lr:", "train.lr:").Replace("epochs: 2", "epochs: 2, weight_decay: 0"))).IsExtension);
        var other = BlueprintRevision.Compare(old, Expand(stage.Replace("epochs: 2", "epochs: 3")));
        Assert.Equal(4, other.Lost.Count);
        Assert.Contains("gives up 4 existing members", Assert.Throws<RecipeException>(other.RequireExtension).Message);
    }

    [Fact]
    public void Conditions_zips_and_draws_say_what_they_say()
    {
        var members = Expand("""
              - name: scratch
                architecture: tiny
                dataset: digits
                train: { epochs: 1 }
                factors:
                  head: [linear, { kind: mlp, hidden: 8 }]
                  label_smoothing: { when: { head: mlp }, values: [0.1, 0.2], else: 0 }
                  batch: [10, 20]
                  lr: { zip: batch, values: [0.01, 0.02] }
                  wd: { random: loguniform, low: 1e-4, high: 1e-2 }
                sample: 3
                exclude: [{ head: mlp, batch: 20 }]
            """);
        Assert.Equal((2 + 2 * 1) * 3, members.Count);
        Assert.All(members, member => Assert.Equal(member.Effective.Whole("train.batch") / 1000.0, member.Effective.Real("train.lr")));
        Assert.Equal(3, members.Select(member => member.Effective.Real("train.weight_decay")).Distinct().Count());
        Assert.All(members, member => Assert.InRange(member.Effective.Real("train.weight_decay"), 1e-4, 1e-2));
    }

    [Fact]
    public void Fresh_seeds_differ_in_every_cell_and_fixed_ones_do_not()
    {
        const string stage = "  - { name: scratch, architecture: tiny, dataset: digits, train: { epochs: 1 }, factors: { lr: [0.1, 0.01] }, seeds: { count: 2, mode: fresh } }";
        Assert.Equal(4, Expand(stage).Select(member => member.Seed).Distinct().Count());
        Assert.Equal([7UL, 8, 7, 8], Expand(stage.Replace("count: 2, mode: fresh", "count: 2, from: 7")).Select(member => member.Seed));
        Assert.Equal(Expand(stage).Select(member => member.Id), Expand(stage).Select(member => member.Id));
    }

    [Fact]
    public void What_has_no_effect_is_told_and_what_follows_is_filled_in()
    {
        var member = Expand("""
              - { name: scratch, architecture: tiny, dataset: glyphs, train: { epochs: 1, momentum: 0.9, batch: 100, augment: [mixup, "erase(0.1)"] }, head: { hidden: 12, seed: shared } }
            """)[0];
        Assert.Equal(16, member.Head!.Out);
        Assert.Equal(["mixup(0.8)", "erase(0.1)"], member.Effective.Texts("train.augment"));
        Assert.NotEqual(member.Seed, member.HeadSeed);
        Assert.Equal(0.9, member.Requested.Real("train.momentum"));
        Assert.Contains("train.momentum has no effect: AdamW has its own.", member.Remarks);
        Assert.Contains("head.hidden has no effect: a linear head has no hidden layer.", member.Remarks);
        Assert.Contains(member.Remarks, remark => remark.StartsWith("The last 96 of 4096 samples", StringComparison.Ordinal));
    }

    [Fact]
    public void Adam_has_a_momentum_of_its_own_and_dropout_needs_something_to_drop()
    {
        var members = Expand("""
              - { name: scratch, architecture: tiny, dataset: digits, train: { epochs: 1, momentum: 0.9 }, factors: { optimizer: [adam, sgd], dropout: [0, 0.5], init: [uniform, normal] } }
            """);
        Assert.Equal(8, members.Count);
        Assert.Equal([0, 0.5], members.Select(member => member.Effective.Real("train.dropout")).Distinct());
        Assert.Equal(["uniform", "normal"], members.Select(member => member.Effective.Word("train.init")).Distinct());
        Assert.All(members, member => Assert.Equal(member.Effective.Word("train.optimizer") == "sgd" ? 0.9 : 0, member.Effective.Real("train.momentum")));
        Assert.All(members, member => Assert.Equal(member.Effective.Word("train.optimizer") == "adam", member.Remarks.Contains("train.momentum has no effect: Adam has its own.")));
        var one = Expand("""
              - { name: scratch, architecture: one, dataset: digits, train: { epochs: 1, dropout: 0.5 } }
            """)[0];
        Assert.Equal(0, one.Effective.Real("train.dropout"));
        Assert.Contains(one.Remarks, remark => remark.StartsWith("train.dropout has no effect: behind the only convolution", StringComparison.Ordinal));
        // Without dropout a member is who it was before there was any.
        Assert.Equal(Expand("  - { name: scratch, architecture: tiny, dataset: digits, train: { epochs: 1 } }")[0].Id, Expand("  - { name: scratch, architecture: tiny, dataset: digits, train: { epochs: 1, dropout: 0, optimizer: adamw } }")[0].Id);
    }

    [Theory]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1, dropout: 1.5 } }", 8, "dropout", "must lie between 0 and 0.99; it is 1.5")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1, dropout: -0.1 } }", 8, "dropout", "must lie between 0 and 0.99")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1, dropout: much } }", 8, "dropout", "must be a number")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1 }, factors: { dropout: [0, 1] } }", 8, "dropout", "must lie between 0 and 0.99; it is 1")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1, optimizer: adamax } }", 8, "optimizer", "'adamax' is not known; train.optimizer is one of: adamw, adam, sgd")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1, init: lecun } }", 8, "init", "one of: xavier_uniform, kaiming_uniform, kaiming_normal, uniform, normal")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1, batch: 2000 } }", 8, "batch", "no step would be made")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { lr: 1 } }", 8, "train.epochs", "for how many epochs")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1, rate: 1 } }", 8, "stages[0].train.rate", "unknown key 'rate'")]
    [InlineData("  - { name: a, architecture: tiny, dataset: mnist, train: { epochs: 1 } }", 8, "dataset", "no data set 'mnist'")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, head: { out: 12 }, train: { epochs: 1 } }", 8, "head.out", "has 10 classes")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, objective: { kind: contrastive }, train: { epochs: 1 } }", 8, "head.out", "how wide")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, objective: { kind: contrastive }, head: { out: 8 }, train: { epochs: 1, batch: 1 } }", 8, "batch", "at least 2")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1 }, factors: { architecture.heads: [3] } }", 8, "heads", "does not divide into 3 heads")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1 }, factors: { kind: [linear] } }", 8, "factors", "'kind' is ambiguous: head.kind or objective.kind")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1 }, factors: { lr: [] } }", 8, "factors.lr", "empty")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1 }, factors: { momentum: [0, 0.9] } }", 8, "stages[0]", "are the same member (train.momentum has no effect: AdamW has its own.)")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1 }, factors: { lr: [1, 2] }, exclude: [{ lr: 3 }] }", 8, "exclude", "nothing would match")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1 }, seeds: [1, 1] }", 8, "seeds", "given twice")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1 }, seeds: { count: 100000 }, factors: { lr: [1, 2] } }", 8, "stages[0]", "at most 100000 are made")]
    [InlineData("  - { name: a, dataset: digits, from: { stage: b }, train: { epochs: 1 } }\n  - { name: b, dataset: digits, from: { stage: a }, train: { epochs: 1 } }", 8, "from", "in a circle")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1 } }\n  - { name: b, architecture: wide, dataset: digits, from: { stage: a }, train: { epochs: 1 } }", 9, "architecture", "shares its backbone")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 3 } }\n  - { name: b, dataset: digits, from: { stage: a, checkpoint: [7] }, train: { epochs: 1 } }", 9, "from", "no state of")]
    [InlineData("  - { name: a, architecture: tiny, dataset: digits, train: { epochs: 1 }, exclude: !!python/object {} }", 8, "exclude", "is not allowed")]
    public void A_refusal_names_line_and_key(string stages, int line, string key, string words)
    {
        var refused = Assert.Throws<RecipeException>(() => Expand(stages));
        Assert.Equal(line, refused.Line);
        Assert.Contains(key, refused.Key);
        Assert.Contains(words, refused.Message);
    }

    [Fact]
    public void A_text_that_multiplies_without_end_is_refused_at_once()
    {
        var factors = string.Join(", ", new[] { "lr", "batch", "weight_decay", "label_smoothing", "warmup_steps" }.Select(name => $"{name}: [{string.Join(", ", Enumerable.Range(1, 40).Select(i => name == "label_smoothing" ? $"0.{i:00}" : $"{i}"))}]"));
        Assert.Contains("members", Assert.Throws<RecipeException>(() => Expand($"  - {{ name: a, architecture: tiny, dataset: digits, train: {{ epochs: 1 }}, factors: {{ {factors} }} }}")).Message);
        var bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + string.Join("\n", Enumerable.Range(1, 9).Select(i => $"{(char)('a' + i)}: &{(char)('a' + i)} [{string.Join(",", Enumerable.Repeat($"*{(char)('a' + i - 1)}", 10))}]"));
        Assert.Contains("aliases make too much", Assert.Throws<RecipeException>(() => Blueprint.Parse(bomb)).Message);
        Assert.Throws<RecipeException>(() => Blueprint.Parse(new string('[', 5000)));
    }

    [Fact]
    public void Splits_depend_on_the_identity_alone()
    {
        var blueprint = Blueprint.Parse(BlueprintTemplates.Find("digits-250")!);
        var members = blueprint.Expand();
        var counts = members.GroupBy(blueprint.Split.Of).ToDictionary(group => group.Key, group => group.Count());
        Assert.InRange(counts["train"], 155, 195);
        Assert.Equal(250, counts.Values.Sum());
        var lineage = blueprint.Split with { ByLineage = true };
        Assert.All(members, member => Assert.Equal(lineage.Of(member.Root), lineage.Of(member)));
    }

    [Theory]
    [InlineData(0.001, "0.001")]
    [InlineData(1e-7, "1e-7")]
    [InlineData(1e21, "1e+21")]
    [InlineData(123456789, "123456789")]
    [InlineData(-0.1, "-0.1")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(1.7976931348623157e308, "1.7976931348623157e+308")]
    [InlineData(0.1 + 0.2, "0.30000000000000004")]
    [InlineData(100, "100")]
    public void Numbers_have_one_form(double number, string text) => Assert.Equal(text, CanonicalJson.Number(number));

    static IReadOnlyList<Member> Expand(string stages) => Blueprint.Parse(Start + stages).Expand();
}
