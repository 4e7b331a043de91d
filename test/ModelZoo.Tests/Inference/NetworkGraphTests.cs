using ModelZoo.Inference;
using ModelZoo.Inference.Generation;
using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Runtime;
using ModelZoo.Inference.Tokenizers;
using ModelZoo.Tests.Weights;

namespace ModelZoo.Tests.Inference;

/// <summary>Models run from their safetensors files alone, against the same models exported to ONNX by others.</summary>
public sealed class NetworkGraphTests
{
    static readonly CancellationToken s_never = CancellationToken.None;

    [Fact]
    public async Task Gpt2_from_safetensors_has_the_golden_likelihoods_and_continuations()
    {
        var model = new LanguageModel(await OpenAsync("shakespeare-gpt2"), Tokenizer.Parse(File.ReadAllBytes(SharedModels.Require("shakespeare-gpt2/tokenizer.json"))), 128, 1023, [1023]);
        var golden = Models.Golden("shakespeare-gpt2");
        foreach (var item in golden.GetProperty("loglikelihood").EnumerateArray())
        {
            var score = model.Score(item.GetProperty("context").GetString()!, item.GetProperty("continuation").GetString()!, s_never);
            Assert.Equal(item.GetProperty("loglikelihood").GetDouble(), score.LogLikelihood, 1e-3);
        }
        foreach (var item in golden.GetProperty("greedy").EnumerateArray())
            Assert.Equal(item.GetProperty("new_ids").Ints(), model.Generate(item.GetProperty("prompt").GetString()!, new() { MaxNewTokens = item.GetProperty("new_ids").GetArrayLength() }, s_never).Ids);
    }

    [Fact]
    public async Task Bert_from_safetensors_gives_the_logits_and_states_of_the_exported_file()
    {
        using var own = await OpenAsync("banking77-bert-mini");
        using var exported = await Models.OpenAsync("banking77-bert-mini/onnx/model.onnx");
        long[] ids = [2, 145, 123, 76, 848, 190, 100, 116, 67, 3, 2, 76, 3, 0, 0, 0, 0, 0, 0, 0];
        long[] mask = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
        var results = new List<(float[] Logits, float[] States)>();
        foreach (var session in (OnnxSession[])[own, exported])
        {
            var inputs = session.Inputs.Select(port => (port.Name, Tensor.Of<long>(port.Name switch { "input_ids" => ids, "attention_mask" => mask, _ => new long[20] }, 2, 10))).ToArray();
            using var outputs = session.Run(inputs, ["logits", "last_hidden_state"], s_never);
            results.Add((outputs[0].ToFloats(), outputs[1].ToFloats()));
        }
        Models.AssertClose(results[1].Logits, results[0].Logits, 1e-4);
        Models.AssertClose(results[1].States.AsSpan(0, 13 * 128), results[0].States.AsSpan(0, 13 * 128), 1e-4);
    }

    [Fact]
    public async Task A_configuration_that_contradicts_its_weights_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("modelzoo-graph").FullName;
        try
        {
            File.Copy(SharedModels.Require("shakespeare-gpt2/model.safetensors"), Path.Combine(folder, "model.safetensors"));
            var config = File.ReadAllText(SharedModels.Require("shakespeare-gpt2/config.json"));
            foreach (var (from, to) in ((string, string)[])[("\"n_embd\": 128", "\"n_embd\": 64"), ("\"n_head\": 4", "\"n_head\": 3"), ("\"n_layer\": 3", "\"n_layer\": 2000000000"), ("gelu_new", "evil"), ("\"vocab_size\": 1024", "\"vocab_size\": -1")])
            {
                File.WriteAllText(Path.Combine(folder, "config.json"), config.Replace(from, to));
                var refused = await Assert.ThrowsAsync<InferenceException>(() => NetworkGraphs.FindSessionAsync(folder, SessionSettings.Default, s_never));
                Assert.Equal(InferenceFault.Model, refused.Fault);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task<OnnxSession> OpenAsync(string folder)
    {
        var file = Models.Require($"{folder}/model.safetensors");
        return (await NetworkGraphs.FindSessionAsync(Path.GetDirectoryName(file)!, SessionSettings.Default, s_never))!;
    }
}
