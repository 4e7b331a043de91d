using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Blueprints;

/// <summary>Checks the dimensions of an architecture and types them.</summary>
static class ArchitectureReader
{
    /// <summary>Largest model the plan counts, in numbers.</summary>
    const long MaxParameters = 2_000_000_000;

    public static Architecture Read(Settings settings, Func<string, string, Exception> wrong)
    {
        if (settings["architecture.family"] is not string family) throw wrong("architecture.family", "the architecture does not say its family: vit, mlp or cnn.");
        if (settings["architecture.image"] is null) throw wrong("architecture.image", "the architecture does not say the side of its images.");
        var model = new Architecture
        {
            Family = family switch { "vit" => Family.Vit, "mlp" => Family.Mlp, _ => Family.Cnn },
            Image = settings.Whole("architecture.image"),
            Channels = settings.Whole("architecture.channels"),
            Patch = settings.Whole("architecture.patch"),
            Dim = settings.Whole("architecture.dim"),
            Depth = settings.Whole("architecture.depth"),
            Heads = settings.Whole("architecture.heads"),
            Mlp = settings.Whole("architecture.mlp"),
            Hidden = settings.Wholes("architecture.hidden"),
            Kernel = settings.Whole("architecture.kernel"),
            Activation = Enum.Parse<Activation>(settings.Word("architecture.activation"), ignoreCase: true),
        };
        if (model.Family == Family.Vit) CheckVit(model, wrong);
        else if (model.Hidden.Count == 0) throw wrong("architecture.hidden", "the family needs a list of hidden widths.");
        else if (model.Family == Family.Cnn && model.Kernel % 2 == 0) throw wrong("architecture.kernel", "kernels have an odd side, so that they keep the picture's size.");
        return model;
    }

    /// <summary>Settings that another family has.</summary>
    public static IReadOnlyList<string> Unused(Family family) => family switch
    {
        Family.Vit => ["architecture.hidden", "architecture.kernel"],
        Family.Mlp => ["architecture.patch", "architecture.dim", "architecture.depth", "architecture.heads", "architecture.mlp", "architecture.kernel"],
        _ => ["architecture.patch", "architecture.dim", "architecture.depth", "architecture.heads", "architecture.mlp"],
    };

    static void CheckVit(Architecture model, Func<string, string, Exception> wrong)
    {
        foreach (var (path, value) in new[] { ("dim", model.Dim), ("depth", model.Depth), ("heads", model.Heads), ("mlp", model.Mlp) })
            if (value == 0) throw wrong($"architecture.{path}", $"a vit must say its {path}.");
        if (model.Image % model.Patch != 0) throw wrong("architecture.patch", $"an image of side {model.Image} does not divide into patches of {model.Patch}.");
        if (model.Dim % model.Heads != 0) throw wrong("architecture.heads", $"a width of {model.Dim} does not divide into {model.Heads} heads.");
        var count = (double)model.Tokens * model.Dim + (double)model.PatchPixels * model.Dim + model.Depth * (4.0 * model.Dim * model.Dim + 2.0 * model.Dim * model.Mlp);
        if (count > MaxParameters) throw wrong("architecture.dim", $"the model would have about {count:0} parameters; at most {MaxParameters} are planned.");
    }
}
