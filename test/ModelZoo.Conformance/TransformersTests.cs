using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance;

/// <summary>@huggingface/transformers with its remote host set to the hub: pushed first, then loaded and run.</summary>
public sealed class TransformersTests(HubProcess hub)
{
    [Theory]
    [InlineData("banking77-bert-mini", "text-classification")]
    [InlineData("shakespeare-gpt2", "text-generation")]
    public async Task A_model_of_the_demo_zoo_is_loaded_from_the_hub_and_gives_its_golden_answers(string model, string task)
    {
        var folder = Locations.FindDemoModel(model);
        if (folder is null)
            Missing.Skip($"transformers.js was NOT tested with {model}: it is not in demo/, and MODELZOO_DEMO_MODELS names no folder that holds it.");
        await NodeClient.RunAsync(hub, "transformers.mjs", new() { ["MODEL_FOLDER"] = folder, ["TASK"] = task });
    }
}
