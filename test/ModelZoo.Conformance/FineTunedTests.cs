using System.Text.Json;
using ModelZoo.Cli;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance;

/// <summary>A fine-tuned classifier in @huggingface/transformers: it loads as it lies there, with its own labels, and says the same.</summary>
public sealed class FineTunedTests(HubProcess hub)
{
    [Fact]
    public async Task A_fine_tuned_model_classifies_in_transformers_js_as_here()
    {
        var scratch = Locations.Scratch("tuned");
        try
        {
            var (data, model) = (Path.Combine(scratch, "data.csv"), Path.Combine(scratch, "tuned"));
            string[] asked = ["where is my card number 7", "how do I change my pin 8", "my card has not come"];
            await File.WriteAllTextAsync(data, "text,label\n" + string.Concat(Enumerable.Range(0, 60).Select(i => i % 2 == 0 ? $"where is my card number {i},arrival\n" : $"how do I change my pin {i},secret\n")));
            Assert.Equal(0, await ZooCommand.RunAsync(["finetune", Path.Combine(Locations.Root, "demo/models/banking77-bert-mini"), data, "--method", "lora", "--merge", "--epochs", "6", "--out", model], TextWriter.Null));
            using var own = await Inference.Adapters.RunnableModel.OpenAsync(model, Inference.Runtime.SessionSettings.Default, default);
            Assert.Equal("arrival secret", string.Join(" ", own.Labels));
            var expected = new { texts = asked, logits = own.TextClassifier().Score([.. asked.Select(text => (text, (string?)null))], default), labels = own.Labels };
            await File.WriteAllTextAsync(Path.Combine(model, "expected.json"), JsonSerializer.Serialize(expected));
            await NodeClient.RunAsync(hub, "tuned.mjs", new() { ["MODEL_FOLDER"] = model });
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
