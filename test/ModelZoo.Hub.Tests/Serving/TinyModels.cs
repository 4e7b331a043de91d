using System.Text.Json;
using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Hub.Tests.Serving;

/// <summary>Models of a few hundred bytes that tests make themselves: what they answer is known beforehand. And models that harm.</summary>
static class TinyModels
{
    /// <summary>What the small language model knows: after each word the next one; after the last the end.</summary>
    public static readonly string[] Words = ["<end>", "one", "two", "three", "four", "<unk>"];

    public static void RequireRuntime() => Assert.SkipWhen(OnnxRuntime.Missing is not null, $"SKIPPED: no ONNX Runtime. {OnnxRuntime.Missing}");

    /// <summary>y = (a + 2b, 10a): two columns in, two classes out.</summary>
    public static byte[] Table()
    {
        var graph = new GraphBuilder("table");
        var x = graph.Input("x", ElementType.Float, "rows", 2);
        graph.Name("MatMul", [x, graph.Stored([1, 10, 2, 0], 2, 2)], "y");
        graph.Output("y", ElementType.Float, "rows", 2);
        return graph.ToBytes();
    }

    /// <summary>A language model and its files, each a path with its content: the logits of a word are 10 for its successor and 0 for others; embeddings are those rows, too.</summary>
    public static object[] Language(bool embeds = false, string? template = null)
    {
        var size = Words.Length;
        var table = new float[size * size];
        for (var i = 0; i < size; i++) table[(i * size) + (i is > 0 and < 4 ? i + 1 : 0)] = 10;
        var graph = new GraphBuilder("language");
        var ids = graph.Input("input_ids", ElementType.Int64, "batch", "tokens");
        graph.Name("Gather", [graph.Stored("table", table, [size, size]), ids], embeds ? "last_hidden_state" : "logits");
        graph.Output(embeds ? "last_hidden_state" : "logits", ElementType.Float, "batch", "tokens", size);
        object[] files =
        [
            ("model.onnx", graph.ToBytes()),
            ("config.json", JsonSerializer.SerializeToUtf8Bytes(new { architectures = (string[])[embeds ? "BertModel" : "GPT2LMHeadModel"], max_position_embeddings = 16, eos_token_id = 0, bos_token_id = 0 })),
            ("tokenizer.json", Tokenizer()),
        ];
        return template is null ? files : [.. files, ("tokenizer_config.json", JsonSerializer.SerializeToUtf8Bytes(new { chat_template = template, eos_token = "<end>" }))];
    }

    /// <summary>Classes of texts: the mean of the words' rows.</summary>
    public static object[] Classifier()
    {
        var graph = new GraphBuilder("classifier");
        var ids = graph.Input("input_ids", ElementType.Int64, "batch", "tokens");
        var rows = graph.Node("Gather", graph.Stored([0, 0, 4, 0, 0, 4, 4, 0, 0, 4, 0, 0], 6, 2), ids);
        graph.Name("ReduceMean", [rows], "logits", ("axes", new long[] { 1 }), ("keepdims", 0L));
        graph.Output("logits", ElementType.Float, "batch", 2);
        return
        [
            ("model.onnx", graph.ToBytes()),
            ("config.json", JsonSerializer.SerializeToUtf8Bytes(new { architectures = (string[])["BertForSequenceClassification"], id2label = new Dictionary<string, string> { ["0"] = "odd", ["1"] = "even" } })),
            ("tokenizer.json", Tokenizer()),
        ];
    }

    static byte[] Tokenizer() => JsonSerializer.SerializeToUtf8Bytes(new
    {
        version = "1.0", added_tokens = Array.Empty<object>(), pre_tokenizer = new { type = "WhitespaceSplit" },
        model = new { type = "WordLevel", vocab = Words.Select((word, id) => (word, id)).ToDictionary(pair => pair.word, pair => pair.id), unk_token = "<unk>" },
    });

    /// <summary>Runs until somebody stops it.</summary>
    public static byte[] Endless()
    {
        var body = new GraphBuilder("body");
        body.Input("i", ElementType.Int64);
        var go = body.Input("go", ElementType.Bool);
        var state = body.Input("state", ElementType.Float, "rows", 2);
        body.Name("Identity", [go], "on");
        body.Name("Sin", [state], "next");
        body.Output("on", ElementType.Bool);
        body.Output("next", ElementType.Float, "rows", 2);
        var graph = new GraphBuilder("endless");
        var x = graph.Input("x", ElementType.Float, "rows", 2);
        graph.Name("Loop", ["", graph.Constant<bool>([true]), x], "y", ("body", body));
        graph.Output("y", ElementType.Float, "rows", 2);
        return graph.ToBytes();
    }

    /// <summary>Asks for a tensor of a terabyte when it runs.</summary>
    public static byte[] Huge()
    {
        var graph = new GraphBuilder("huge");
        var x = graph.Input("x", ElementType.Float, "rows", 2);
        var wide = graph.Node("Expand", graph.Node("ReduceSum", [x], ("keepdims", 1L)), graph.Numbers(1 << 20, 1 << 18));
        graph.Name("ReduceMean", [graph.Node("Softmax", [wide], ("axis", -1L))], "y", ("keepdims", 1L));
        graph.Output("y", ElementType.Float, 1, 1);
        return graph.ToBytes();
    }

    /// <summary>Two nodes that wait for each other.</summary>
    public static byte[] Cycle()
    {
        var graph = new GraphBuilder("cycle");
        var x = graph.Input("x", ElementType.Float, "rows", 2);
        graph.Name("Add", [x, "b"], "a");
        graph.Name("Add", [x, "a"], "b");
        graph.Output("b", ElementType.Float, "rows", 2);
        return graph.ToBytes();
    }

    /// <summary>A weight that lies outside the model's folder.</summary>
    public static byte[] Escape()
    {
        var graph = new GraphBuilder("escape");
        var x = graph.Input("x", ElementType.Float, "rows", 2);
        graph.Name("MatMul", [x, graph.Weight("w", ElementType.Float, [2, 2], "../../../../etc/passwd", 0, 16)], "y");
        graph.Output("y", ElementType.Float, "rows", 2);
        return graph.ToBytes();
    }
}
