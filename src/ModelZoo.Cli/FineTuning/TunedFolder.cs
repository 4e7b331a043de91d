using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Inference;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Runtime;
using ModelZoo.Learning.FineTuning;
using ModelZoo.Weights;

namespace ModelZoo.Cli.FineTuning;

/// <summary>The result as a folder that other programs load: a whole model in the layout of transformers with an ONNX file, or an adapter in that of PEFT.</summary>
static class TunedFolder
{
    /// <summary>Samples whose outputs the written files must give again.</summary>
    const int Checked = 32;

    static readonly JsonSerializerOptions s_pages = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static readonly string[] s_tokenizerFiles =
        ["tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "merges.txt", "special_tokens_map.json", "added_tokens.json", "spiece.model", "sentencepiece.bpe.model"];

    public static async Task WriteAsync(FineTuned tuned, Action<string> say, CancellationToken stop)
    {
        var folder = tuned.Plan.OutputFolder;
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        foreach (var name in tuned.Base.Shape.IsText ? s_tokenizerFiles : ["preprocessor_config.json"])
            if (File.Exists(Path.Combine(tuned.Base.Folder, name))) File.Copy(Path.Combine(tuned.Base.Folder, name), Path.Combine(folder, name), overwrite: true);
        if (tuned.WritesAdapter)
        {
            await SafetensorsModel.WriteAsync(Path.Combine(folder, "adapter_model.safetensors"), EncoderFiles.Adapter(tuned.Layout, tuned.Tuner.Values), metadata, null, null, stop);
            await WriteJsonAsync(folder, "adapter_config.json", EncoderFiles.AdapterConfig(tuned.Layout, tuned.Plan.Settings.Lora!, tuned.Plan.Model, tuned.Plan.ModelRevision, tuned.HasPooler), stop);
            // PEFT's files do not say what the classes are called.
            if (tuned.Labels.Count > 0) await File.WriteAllTextAsync(Path.Combine(folder, "zoo.yaml"), $"labels: {JsonSerializer.Serialize(tuned.Labels)}\n", stop);
        }
        else
        {
            await WriteJsonAsync(folder, "config.json", Config(tuned), stop);
            await SafetensorsModel.WriteAsync(Path.Combine(folder, "model.safetensors"), EncoderFiles.Whole(tuned.Layout, tuned.Tuner.Values, tuned.Plan.Settings.Lora), metadata, null, null, stop);
            if (tuned.Plan.WritesOnnx) await WriteOnnxAsync(folder, say, stop);
        }
        await CheckAsync(tuned, say, stop);
        await WriteJsonAsync(folder, "training.json", TrainingRecord.Of(tuned), stop);
        await File.WriteAllTextAsync(Path.Combine(folder, "README.md"), TunedCard.Write(tuned), stop);
    }

    static async Task WriteOnnxAsync(string folder, Action<string> say, CancellationToken stop)
    {
        try
        {
            if (await NetworkGraphs.FindWholeAsync(new FolderFiles(folder), stop) is not { } graph) return;
            Directory.CreateDirectory(Path.Combine(folder, "onnx"));
            await File.WriteAllBytesAsync(Path.Combine(folder, "onnx", "model.onnx"), graph, stop);
        }
        catch (InferenceException large) when (large.Fault == InferenceFault.Limit)
        {
            say($"No ONNX file was written: {large.Message}");
        }
    }

    static Task WriteJsonAsync(string folder, string name, JsonObject json, CancellationToken stop) => File.WriteAllTextAsync(Path.Combine(folder, name), json.ToJsonString(s_pages) + "\n", stop);

    /// <summary>The base's configuration with the new head: everything that is not about the head stays as it is.</summary>
    static JsonObject Config(FineTuned tuned)
    {
        var config = JsonNode.Parse(tuned.Base.Config.GetRawText())!.AsObject();
        config["architectures"] = new JsonArray(tuned.Layout.Shape.ClassifierName);
        if (tuned.Base.Config.TryGetProperty("model_type", out var type) && type.GetString() == "xlm-roberta") config["architectures"] = new JsonArray("XLMRobertaForSequenceClassification");
        config["torch_dtype"] = "float32";
        config.Remove("dtype");
        config.Remove("num_labels");
        var (names, numbers) = (new JsonObject(), new JsonObject());
        IReadOnlyList<string> labels = tuned.Labels.Count > 0 ? tuned.Labels : ["LABEL_0"];
        for (var i = 0; i < labels.Count; i++)
        {
            names[i.ToString(System.Globalization.CultureInfo.InvariantCulture)] = labels[i];
            numbers[labels[i]] = i;
        }
        (config["id2label"], config["label2id"]) = (names, numbers);
        config["problem_type"] = tuned.Plan.IsRegression ? "regression" : "single_label_classification";
        return config;
    }

    /// <summary>Opens what was written with another program's arithmetic and asks it for samples of the test set.</summary>
    static async Task CheckAsync(FineTuned tuned, Action<string> say, CancellationToken stop)
    {
        var count = Math.Min(Checked, tuned.Test.Count);
        if (count == 0) return;
        try
        {
            var (folder, options) = tuned.WritesAdapter ? (tuned.Base.Folder, new OpenOptions { Adapters = [tuned.Plan.OutputFolder] }) : (tuned.Plan.OutputFolder, new OpenOptions());
            using var model = await RunnableModel.OpenAsync(folder, options, stop);
            var found = Outputs(tuned, model, count, stop);
            var (worst, outputs) = (0f, tuned.Layout.Outputs);
            for (var i = 0; i < count * outputs; i++) worst = Math.Max(worst, Math.Abs(found[i] - tuned.Test.Outputs[i]) / (1 + Math.Abs(tuned.Test.Outputs[i])));
            if (!(worst < 1e-3f)) throw new FineTuneException($"The files that were written do not give the trained model's outputs again: they differ by {worst:0.0e+0}. Nothing is claimed of them.");
            say($"Checked: ONNX Runtime gives the same outputs from the written files (largest difference {worst:0.0e+0}, {count} samples).");
        }
        catch (InferenceException missing) when (missing.Fault is not InferenceFault.Model)
        {
            say($"The written files could not be checked with ONNX Runtime: {missing.Message}");
        }
    }

    static float[] Outputs(FineTuned tuned, RunnableModel model, int count, CancellationToken stop)
    {
        var rows = tuned.Rows.Test.Take(count).ToList();
        var inputs = tuned.Base.Prepare(rows, stop);
        var all = new List<float>();
        for (var i = 0; i < count; i++)
        {
            var given = new List<(string, Tensor)>();
            try
            {
                if (inputs is TokenInputs texts)
                {
                    var (ids, types) = (texts.Ids(i).ToArray(), texts.Types(i).ToArray());
                    foreach (var port in model.Session.Inputs)
                        given.Add((port.Name, Tensor.Of<long>(ids.Select((id, t) => port.Name switch { "input_ids" => (long)id, "attention_mask" => 1, "token_type_ids" => types.Length > 0 ? types[t] : 0, _ => t }).ToArray(), 1, ids.Length)));
                }
                else
                {
                    var pixels = new float[tuned.Layout.Shape.Pixels];
                    ((PixelInputs)inputs).Read(i, pixels);
                    given.Add((model.Session.Inputs[0].Name, Tensor.Of<float>(pixels, 1, tuned.Layout.Shape.Channels, tuned.Layout.Shape.Image, tuned.Layout.Shape.Image)));
                }
                using var outputs = model.Session.Run([.. given], ["logits"], stop);
                all.AddRange(outputs[0].ToFloats());
            }
            finally
            {
                foreach (var (_, tensor) in given) tensor.Dispose();
            }
        }
        return [.. all];
    }
}
