using System.Text;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Profiling;

namespace ModelZoo.Tests.Profiling;

/// <summary>Configurations and tables that lie: an error that names the defect, or a profile, and nothing else.</summary>
public sealed class HostileConfigTests
{
    static Profile Read(string json) => Profiler.OfConfig(ModelConfig.Parse(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("[]", "object")]
    [InlineData("{", "JSON")]
    [InlineData("""{"model_type":"llama"}""", "num_hidden_layers")]
    [InlineData("""{"model_type":"llama","num_hidden_layers":-1,"hidden_size":1,"num_attention_heads":1,"vocab_size":1}""", "layers")]
    [InlineData("""{"model_type":"llama","num_hidden_layers":99999999999,"hidden_size":1,"num_attention_heads":1,"vocab_size":1}""", "layers")]
    [InlineData("""{"model_type":"llama","num_hidden_layers":2,"hidden_size":9223372036854775807,"num_attention_heads":1,"vocab_size":1}""", "hidden_size")]
    [InlineData("""{"model_type":"llama","num_hidden_layers":2,"hidden_size":1e300,"num_attention_heads":1,"vocab_size":1}""", "hidden_size")]
    [InlineData("""{"model_type":"llama","num_hidden_layers":90000,"hidden_size":1000000000000,"num_attention_heads":1,"vocab_size":1000000000000}""", "64 bits")]
    [InlineData("""{"model_type":"llama","num_hidden_layers":2,"hidden_size":64,"num_attention_heads":0,"vocab_size":1}""", "heads")]
    [InlineData("""{"model_type":"mixtral","num_hidden_layers":2,"hidden_size":64,"num_attention_heads":1,"vocab_size":1,"num_local_experts":4,"num_experts_per_tok":5}""", "experts")]
    [InlineData("""{"model_type":"vit","image_size":16,"patch_size":0}""", "patches")]
    [InlineData("""{"model_type":"resnet","depths":[1],"hidden_sizes":[8,16]}""", "hidden_sizes")]
    [InlineData("""{"model_type":"efficientnet","depth_coefficient":1e9}""", "coefficient")]
    [InlineData("""{"_class_name":"UNet2DConditionModel","block_out_channels":[0],"down_block_types":["x"]}""", "block_out_channels")]
    [InlineData("""{"_class_name":"UNet2DConditionModel","block_out_channels":[8],"down_block_types":["CrossAttnDownBlock2D"],"transformer_layers_per_block":999999999}""", "transformer layers")]
    public void A_configuration_that_cannot_be_names_its_defect(string json, string word) =>
        Assert.Contains(word, Assert.Throws<ProfileException>(() => Read(json)).Message, StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void Nesting_beyond_64_is_refused()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100);
        Assert.Contains("deep", Assert.Throws<ProfileException>(() => Read(deep)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_of_the_wrong_types_is_only_unknown()
    {
        var profile = Read("""{"model_type":["llama"],"hidden_size":"big"}""");
        Assert.Null(profile.Parameters);
        Assert.Contains("model_type", profile.NotMeasured["parameters"], StringComparison.Ordinal);
        Assert.Contains("'frobnicator'", Read("""{"model_type":"frobnicator"}""").NotMeasured["parameters"], StringComparison.Ordinal);
    }

    [Fact]
    public void Mutated_configurations_give_a_profile_or_a_named_defect()
    {
        var configurations = Zoo.Reference.Workloads.Where(w => w.Configuration is not null).Select(w => w.Configuration!.Value.GetRawText()).ToArray();
        string[] values = ["-1", "0", "1", "9223372036854775807", "1e308", "null", "\"x\"", "[]", "{}", "true", "1099511627776", "0.5", "[1,2]", "[-1]"];
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(
            (from text in Gen.Elements(configurations)
             from value in Gen.Elements(values)
             from at in Gen.Choose(0, 1_000_000)
             select (text, value, at)).ToArbitrary(),
            c =>
            {
                var keys = System.Text.Json.Nodes.JsonNode.Parse(c.text)!.AsObject();
                var key = keys.ElementAt(c.at % keys.Count).Key;
                keys[key] = System.Text.Json.Nodes.JsonNode.Parse(c.value);
                try
                {
                    var profile = Read(keys.ToJsonString());
                    if (profile.Parameters is { } known) Assert.True(known.Value >= 0 && double.IsFinite(known.Value));
                    if (profile.Work is not null) Estimator.Estimate(profile, Zoo.Device("h100-sxm"));
                }
                catch (ProfileException problem)
                {
                    Assert.NotEmpty(problem.Message);
                }
            }));
    }

    [Theory]
    [InlineData("id,id\na,b", "twice")]
    [InlineData("id,fp16\nx", "fields")]
    [InlineData("id,fp16\n\"x,1", "closed")]
    [InlineData("name\nx", "id")]
    [InlineData("id,fp16\nx,fast", "fp16")]
    [InlineData("id,fp16\nx,-5", "fp16")]
    [InlineData("[1]", "object")]
    [InlineData("{\"id\":", "JSON")]
    public void A_table_that_cannot_be_names_its_defect(string table, string word) =>
        Assert.Contains(word, Assert.Throws<ProfileException>(() => Zoo.Reference.WithDevices(Encoding.UTF8.GetBytes(table))).Message, StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void A_device_and_a_workload_of_ones_own_are_the_same_records()
    {
        var reference = Zoo.Reference.WithDevices("""{"id":"mine","fp16":1e12,"memory_bytes":8e9,"memory_bandwidth_Bps":1e11}"""u8).WithWorkloads("id,parameters\nmy-model,1000000000\n"u8);
        var estimate = Estimator.Estimate(Profiler.OfReference(reference.FindWorkload("my-model")!), reference.FindDevice("mine")!, new() { Preset = Preset.Ceiling }, reference);
        Assert.Equal(2e9, estimate.FlopPerUnit);
        Assert.Equal(2e9, estimate.Step.Bytes);
        Assert.Equal(0.02, estimate.LatencySeconds!.Value, 1e-12);
        Assert.True(estimate.Verdict.Fits);
        Assert.Equal(Origin.Estimate, estimate.Profile.FlopPerUnit!.Value.Origin);
        Assert.Equal(Zoo.Reference.Devices.Count + 1, reference.Devices.Count);
    }

    [Fact]
    public void A_device_that_gives_little_disables_only_what_needs_it()
    {
        var reference = Zoo.Reference.WithDevices("""[{"id":"bare","memory_bytes":8589934592}]"""u8);
        var estimate = Estimator.Estimate(Zoo.Model("llama-3.2-1b"), reference.FindDevice("bare")!, null, reference);
        Assert.True(estimate.Verdict.Fits);
        Assert.Null(estimate.LatencySeconds);
        Assert.Contains("rate", estimate.NotMeasured["latencySeconds"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(double.NaN, 1, 1)]
    [InlineData(1, -1, 1)]
    [InlineData(1, 1, 0)]
    public void A_scenario_that_cannot_be_is_refused(double batch, double context, int devices) =>
        Assert.Throws<ProfileException>(() => Estimator.Estimate(Zoo.Model("gpt2"), Zoo.Device("t4"), new() { Batch = batch, Context = context, Devices = devices }));
}
