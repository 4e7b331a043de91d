using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Conformance.Harness;

/// <summary>Models of a few hundred bytes whose answers are known without running them.</summary>
static class TinyModels
{
    public static readonly string[] Labels = ["left", "middle", "right"];

    /// <summary>Pictures of 6 × 4 grey pixels; the class is the third of the picture that is brightest.</summary>
    public static string Pictures()
    {
        const int width = 6, height = 4;
        var graph = new GraphBuilder("thirds");
        var pixels = graph.Input("pixel_values", ElementType.Float, "batch", 1, height, width);
        var weights = new float[width * height * 3];
        for (var i = 0; i < width * height; i++) weights[(3 * i) + (i % width / 2)] = 1;
        graph.Name("MatMul", [graph.Node("Flatten", pixels), graph.Constant<float>(weights, width * height, 3)], "logits");
        graph.Output("logits", ElementType.Float, "batch", 3);
        return Folder(("model.onnx", graph.ToBytes()), ("config.json", Text($$"""{"id2label": {"0": "{{Labels[0]}}", "1": "{{Labels[1]}}", "2": "{{Labels[2]}}"} }""")),
            ("preprocessor_config.json", Text("""{"image_processor_type": "ViTImageProcessor", "size": {"height": 4, "width": 6}, "resample": 2, "image_mean": [0.5], "image_std": [0.25]}""")),
            ("README.md", Text("---\npipeline_tag: image-classification\n---\n")));
    }

    /// <summary>Rows of three numbers; the answer is their sum, and each doubled.</summary>
    public static string Rows()
    {
        var graph = new GraphBuilder("sums");
        var rows = graph.Input("x", ElementType.Float, "batch", 3);
        graph.Name("MatMul", [rows, graph.Constant<float>([1, 1, 1], 3, 1)], "sum");
        graph.Name("Add", [rows, rows], "doubled");
        graph.Output("sum", ElementType.Float, "batch", 1);
        graph.Output("doubled", ElementType.Float, "batch", 3);
        return Folder(("model.onnx", graph.ToBytes()));
    }

    /// <summary>Two inputs that nothing says the meaning of: numbers go in as they are.</summary>
    public static string Tensors()
    {
        var graph = new GraphBuilder("mix");
        graph.Name("Mul", [graph.Input("a", ElementType.Float, "n", 2), graph.Node("Cast", [graph.Input("b", ElementType.Int64, 2)], ("to", 1))], "c");
        graph.Output("c", ElementType.Float, "n", 2);
        return Folder(("model.onnx", graph.ToBytes()));
    }

    public static string Folder(params (string Path, byte[] Content)[] files)
    {
        var folder = Locations.Scratch("model");
        foreach (var (path, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
            File.WriteAllBytes(Path.Combine(folder, path), content);
        }
        return folder;
    }

    public static byte[] Text(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
