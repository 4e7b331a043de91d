using System.CommandLine;
using System.Globalization;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Commands;

/// <summary>
/// `zoo convert IN OUT`: weights into another format or type, on this machine and without Python. `zoo convert owner/name --to …`: the same on the
/// hub, which proposes what it made as a pull request.
/// </summary>
static class ConvertCommand
{
    static readonly Dictionary<string, ConversionTarget> s_targets = new(StringComparer.OrdinalIgnoreCase)
    {
        ["safetensors"] = ConversionTarget.Safetensors, ["gguf"] = ConversionTarget.Gguf, ["npz"] = ConversionTarget.Npz,
    };

    public static Command Build()
    {
        var source = new Argument<string>("IN") { Description = "A file, an index of several, or a model's folder; or a model on the hub, owner/name[@revision]" };
        var target = new Argument<string?>("OUT") { Description = "The file to write, or a folder to write it into; not for a model on the hub", Arity = ArgumentArity.ZeroOrOne };
        var format = new Option<string?>("--to") { Description = "safetensors, gguf or npz [default: by the name of OUT]" };
        var type = new Option<string?>("--dtype") { Description = "Type of floating-point tensors: F32, F16, BF16, F64, F8_E4M3, F8_E5M2" };
        var quantized = new Option<string?>("--quant") { Description = "Type of a GGUF file's matrices: F32, F16, BF16, Q8_0, Q4_0, Q4_K" };
        var shard = new Option<string?>("--max-shard-size") { Description = "Write several files of at most so much, such as 5GB" };
        var weights = new Option<string?>("--file") { Description = "On the hub: the weights, where the model has several files of them" };
        var proposal = new Option<string?>("--propose-to") { Description = "On the hub: a repository of yours that gets the pull request, instead of the model itself" };
        var command = new Command("convert", "Convert weights to safetensors, GGUF or npz") { source, target, format, type, quantized, shard, weights, proposal, HubCall.Json };
        command.SetAction(async (parse, stop) =>
        {
            var screen = new Screen(parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error, parse.GetValue(HubCall.Json));
            if (parse.GetValue(type) is not null && parse.GetValue(quantized) is not null) throw new UsageException("--dtype and --quant are two words for one choice; give one.");
            var from = parse.GetRequiredValue(source);
            if (parse.GetValue(target) is not { } output)
            {
                if (Path.Exists(from)) throw new UsageException("Name the file to write, or a folder to write it into.");
                await HubCall.RunAsync(parse, call => HubConversion.RunAsync(call, RepoAddress.Parse(from),
                    parse.GetValue(format) ?? throw new UsageException("--to says what the model shall become: safetensors, gguf or npz."),
                    parse.GetValue(quantized) ?? parse.GetValue(type), parse.GetValue(shard), parse.GetValue(weights), parse.GetValue(proposal)), stop);
                return 0;
            }
            var (files, name) = Open(from);
            var chosen = FindTarget(parse.GetValue(format), output);
            var options = new ConversionOptions(chosen)
            {
                Type = (parse.GetValue(quantized) ?? parse.GetValue(type)) is { } text ? FindType(text, chosen) : null,
                MaxShardBytes = parse.GetValue(shard) is { } size ? ParseSize(size) : null,
                ModelName = Path.GetFileName(Path.GetFullPath(name is null ? from : Path.GetDirectoryName(Path.GetFullPath(from))!).TrimEnd(Path.DirectorySeparatorChar)),
            };
            var path = FindPath(output, chosen);
            var outcome = await ConversionDisplay.RunAsync(screen, progress => WeightConverter.ConvertAsync(files, name, path, options with { Progress = progress }, stop));
            if (screen.IsJson)
                screen.Json(new { from = outcome.From.ToString(), to = chosen.ToString(), files = outcome.Files, tensors = outcome.Tensors, tensorBytes = outcome.TensorBytes,
                    sharedNames = outcome.SharedNames, remarks = outcome.Remarks });
            else Tell(screen, outcome);
            return 0;
        });
        return command;
    }

    static void Tell(Screen screen, ConversionOutcome outcome)
    {
        foreach (var file in outcome.Files) screen.Line($"{file}  {Screen.Size(new FileInfo(file).Length)}");
        foreach (var (shared, kept) in outcome.SharedNames) screen.Line($"'{shared}' is the same memory as '{kept}' and was written once.");
        foreach (var remark in outcome.Remarks) screen.Line(remark);
        screen.Line($"{outcome.Tensors} tensors, {Screen.Size(outcome.TensorBytes)}, from {outcome.From}");
    }

    static (IModelFiles Files, string? Name) Open(string path)
    {
        if (Directory.Exists(path)) return (new FolderFiles(path), null);
        if (!File.Exists(path)) throw new UsageException($"There is no '{path}'.");
        return (new FolderFiles(Path.GetDirectoryName(Path.GetFullPath(path))!), Path.GetFileName(path));
    }

    static ConversionTarget FindTarget(string? format, string output)
    {
        var word = format ?? Path.GetExtension(output).TrimStart('.');
        return s_targets.TryGetValue(word, out var target) ? target
            : throw new UsageException(format is null ? $"What '{output}' should become is not clear: pass --to safetensors, gguf or npz." : $"--to is safetensors, gguf or npz, not '{format}'.");
    }

    static string FindPath(string output, ConversionTarget target) => Directory.Exists(output) || Path.EndsInDirectorySeparator(output)
        ? Path.Combine(output, target switch { ConversionTarget.Safetensors => "model.safetensors", ConversionTarget.Gguf => "model.gguf", _ => "model.npz" }) : output;

    static DType FindType(string text, ConversionTarget target)
    {
        if (DType.All.FirstOrDefault(type => string.Equals(type.Name, text, StringComparison.OrdinalIgnoreCase)) is not { } found || !TensorCast.CanEncode(found))
            throw new UsageException($"'{text}' is no type that can be written: F32, F16, BF16, F64, F8_E4M3, F8_E5M2, and in GGUF Q8_0, Q4_0, Q4_K.");
        return target == ConversionTarget.Gguf || found.ElementsPerBlock == 1 ? found : throw new UsageException($"{found} is a type of GGUF: pass --to gguf.");
    }

    /// <summary>As Hugging Face's libraries read it: kB, MB, GB are powers of 1000, KiB, MiB, GiB of 1024.</summary>
    internal static long ParseSize(string text)
    {
        (string Unit, long Bytes)[] units = [("KIB", 1 << 10), ("MIB", 1 << 20), ("GIB", 1 << 30), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1), ("", 1)];
        var upper = text.Trim().ToUpperInvariant();
        var (unit, bytes) = units.First(entry => upper.EndsWith(entry.Unit, StringComparison.Ordinal));
        return decimal.TryParse(upper.AsSpan(0, upper.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number > 0 && number <= long.MaxValue / bytes && number * bytes >= 1
            ? (long)(number * bytes) : throw new UsageException($"'{text}' is no size; 5GB or 500MB are.");
    }
}
