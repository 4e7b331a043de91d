using ModelZoo.Learning.FineTuning;
using ModelZoo.Weights;

namespace ModelZoo.Cli.FineTuning;

/// <summary>
/// Learning rates where none is given. For models of BERT's size the published ones (5e-5 for all weights: Devlin et al. 2019, arXiv:1810.04805, appendix A.3;
/// 5e-4 for LoRA: Hu et al. 2021, arXiv:2106.09685, table 9); small models bear larger ones.
/// </summary>
static class UsualRates
{
    const long Small = 10_000_000;

    /// <summary>For models of BERT's size and more.</summary>
    public static double OfLarge(FineTuneMethod method) => method switch { FineTuneMethod.Probe => 1e-2, FineTuneMethod.Lora => 5e-4, _ => 5e-5 };

    public static double Of(FineTuneMethod method, string folder)
    {
        if (method == FineTuneMethod.Probe) return OfLarge(method);
        var bytes = new FolderFiles(folder).Files.Where(file => !file.Path.Contains('/') && (file.Path.EndsWith(".safetensors", StringComparison.Ordinal) || file.Path.EndsWith(".bin", StringComparison.Ordinal))).Sum(file => file.SizeBytes);
        var isSmall = bytes < 4 * Small;
        return !isSmall ? OfLarge(method) : method == FineTuneMethod.Lora ? 2e-3 : 5e-4;
    }
}
