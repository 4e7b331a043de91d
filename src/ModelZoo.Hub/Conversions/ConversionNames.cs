using System.Text;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Conversions;

/// <summary>What converted files are called, and what their pull request says.</summary>
/// <param name="Folder">Of the weights, with a slash at its end; empty for the root.</param>
sealed record ConversionNames(string Folder, string FileName, string Words, string Title)
{
    const int FilesNamed = 50;
    const int RemarksKept = 20;

    /// <summary>
    /// safetensors get the name that libraries look for, or, when a cast would replace the model itself, the name of a variant as transformers and
    /// diffusers read it: model.fp16.safetensors.
    /// </summary>
    public static ConversionNames Choose(ConversionWork work, Repository source, TreeFiles files)
    {
        var folder = work.File?.LastIndexOf('/') is int slash and >= 0 ? work.File[..(slash + 1)] : "";
        var words = $"{Word(work.To)}{(work.Type is { } type ? $" ({type})" : "")}";
        var isThere = files.Find(folder + "model.safetensors") is not null || files.Find(folder + "model.safetensors.index.json") is not null;
        var name = work.To switch
        {
            ConversionTarget.Gguf => $"{source.Name}-{work.Type}.gguf",
            ConversionTarget.Npz => "model.npz",
            _ when work.Type is { } cast && isThere => $"model.{Variant(cast)}.safetensors",
            _ => "model.safetensors",
        };
        return new(folder, name, words, $"Add weights as {words}");
    }

    public static string Describe(Repository source, string commitId, ConversionNames made, ConversionOutcome outcome, IReadOnlyList<WrittenFile> written, long? checkedBytes, string mark)
    {
        var text = new StringBuilder();
        text.Append($"The weights of {source.FullName} at commit {commitId}, read as {outcome.From} and written as {made.Words}. The files they come from stay as they are.\n\n");
        foreach (var file in written.Take(FilesNamed)) text.Append($"- `{file.Path}`: {file.SizeBytes} bytes\n");
        if (written.Count > FilesNamed) text.Append($"- and {written.Count - FilesNamed} more\n");
        text.Append($"\n{outcome.Tensors} tensors, {outcome.TensorBytes} bytes. ");
        text.Append(checkedBytes is { } compared
            ? made.Words.Contains('(') ? $"Each was compared with the original, cast once: all {compared} bytes are equal.\n" : $"Each was compared with the original: name, shape, type and all {compared} bytes are equal.\n"
            : "Numbers of other types than the original's are rounded as docs/convert.md says.\n");
        foreach (var (shared, kept) in outcome.SharedNames.Take(RemarksKept)) text.Append($"- `{shared}` is the same memory as `{kept}` and was written once.\n");
        foreach (var remark in outcome.Remarks.Take(RemarksKept)) text.Append($"- {remark}\n");
        return text.Append($"\nMade by this hub without running any code of the model. {mark}").ToString();
    }

    static string Word(ConversionTarget to) => to switch { ConversionTarget.Gguf => "GGUF", ConversionTarget.Npz => "npz", _ => "safetensors" };

    static string Variant(string type) => type switch { "F16" => "fp16", "F32" => "fp32", "F64" => "fp64", _ => type.ToLowerInvariant() };
}
