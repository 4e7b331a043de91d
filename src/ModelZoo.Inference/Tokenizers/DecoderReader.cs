using System.Text.Json;
using ModelZoo.Inference.Files;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>Reads the decoder of tokenizer.json.</summary>
static class DecoderReader
{
    public static Decoder Read(JsonElement step) => step.GetText("type") switch
    {
        "Sequence" => new DecoderSequence([.. step.List("decoders").Select(Read)]),
        "ByteLevel" => new ByteLevelDecoder(),
        "WordPiece" => new WordPieceDecoder(step.FindText("prefix") ?? "##", step.Flag("cleanup", true)),
        "Metaspace" => new MetaspaceDecoder(step.FindText("replacement") is { Length: > 0 } replacement ? replacement : "▁", StepReader.ReadScheme(step)),
        "BPEDecoder" => new BpeDecoder(step.FindText("suffix") ?? "</w>"),
        "ByteFallback" => new ByteFallbackDecoder(),
        "Fuse" => new FuseDecoder(),
        "Strip" => new StripDecoder(step.FindText("content") is { Length: 1 } content ? content[0] : ' ', step.FindInt("start") ?? 0, step.FindInt("stop") ?? 0),
        "Replace" => StepReader.ReadPattern(step) is var (text, pattern) ? new ReplaceDecoder(text, pattern, step.GetText("content")) : throw JsonParts.Bad("A decoder has no 'pattern'."),
        "CTC" => new CtcDecoder(step.FindText("pad_token") is { Length: > 0 } padding ? padding : "<pad>", step.FindText("word_delimiter_token") is { Length: > 0 } word ? word : "|", step.Flag("cleanup", true)),
        var other => throw JsonParts.Bad($"The decoder '{other}' is not supported."),
    };
}
