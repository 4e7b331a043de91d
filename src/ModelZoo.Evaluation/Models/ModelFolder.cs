using ModelZoo.Evaluation.Data;
using ModelZoo.Inference;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Runtime;
using ModelZoo.Weights;

namespace ModelZoo.Evaluation.Models;

/// <summary>Which files of a model's folder say what it answers: the graph and its weights, configurations, tokenizer. Readme and other formats do not.</summary>
public static class ModelFolder
{
    static readonly string[] s_adapter = ["adapter_config.json", "adapter_model.safetensors"];

    static readonly string[] s_read =
    [
        "config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "1_Pooling/config.json", "modules.json",
        "zoo.yaml", "chat_template.jinja", "labels.json", "labels.txt",
    ];

    /// <summary>Identity of the model: a digest over these files. Files of adapters stand under <c>adapters/{number}/</c>.</summary>
    public static async Task<string> DigestAsync(string folder, IReadOnlyList<string> adapters, CancellationToken stop)
    {
        var files = (await ReadPathsAsync(folder, stop, isBase: adapters.Count > 0)).Select(path => (path, Path.Combine(folder, path)))
            .Concat(adapters.SelectMany((adapter, i) => s_adapter.Select(name => ($"adapters/{i}/{name}", Path.Combine(adapter, name)))).Where(file => File.Exists(file.Item2)));
        return await FileDigests.OfAsync(files, stop);
    }

    internal static async Task<IReadOnlyList<string>> ReadPathsAsync(string folder, CancellationToken stop, bool isBase = false)
    {
        if (!Directory.Exists(folder)) throw new EvaluationException($"There is no folder '{folder}'.");
        var files = new FolderFiles(folder);
        var paths = s_read.Where(path => files.Files.Any(file => file.Path == path)).ToList();
        var zoo = await ReadZooAsync(files, stop);
        if ((zoo.File ?? (zoo.Adapter == "safetensors" || isBase ? null : RunnableModel.FindGraph(files))) is { } graph)
        {
            paths.Add(graph);
            try
            {
                var source = await files.OpenAsync(graph, stop);
                using var _ = source as IDisposable;
                var place = Path.GetDirectoryName(graph)!.Replace('\\', '/');
                paths.AddRange((await WeightReader.ReadHeaderAsync(source, stop)).Tensors.Select(tensor => tensor.ExternalFile).OfType<string>().Distinct(StringComparer.Ordinal)
                    .Select(file => place.Length == 0 ? file : $"{place}/{file}").Where(path => files.Files.Any(file => file.Path == path)));
            }
            catch (WeightFormatException e)
            {
                throw new EvaluationException($"{graph}: {e.Message}", e);
            }
        }
        else paths.AddRange(files.Files.Where(file => file.Path.EndsWith(".safetensors", StringComparison.Ordinal) && !file.Path.Contains('/')).Select(file => file.Path));
        if (!paths.Contains("tokenizer.json") && files.Files.Where(file => file.Path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)).OrderBy(file => file.Path, StringComparer.Ordinal).FirstOrDefault() is { } vocabulary) paths.Add(vocabulary.Path);
        return paths;
    }

    static async Task<ZooFile> ReadZooAsync(FolderFiles files, CancellationToken stop)
    {
        try
        {
            return await ZooFile.ReadAsync(files, stop);
        }
        catch (InferenceException e)
        {
            throw new EvaluationException($"The model cannot be loaded: {e.Message}", e);
        }
    }

    /// <summary>Loads the model once; each task then gets an adapter of its own.</summary>
    /// <param name="adapters">Folders of LoRA adapters that are put on it.</param>
    public static async Task<RunnableModel> OpenAsync(string folder, IReadOnlyList<string> adapters, CancellationToken stop)
    {
        try
        {
            return await RunnableModel.OpenAsync(folder, new OpenOptions { Settings = SessionSettings.Default, Adapters = adapters }, stop);
        }
        catch (InferenceException e)
        {
            throw new EvaluationException($"The model cannot be loaded: {e.Message}", e);
        }
    }
}
