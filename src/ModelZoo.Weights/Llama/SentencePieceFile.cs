using ModelZoo.Weights.Protobuf;

namespace ModelZoo.Weights.Llama;

/// <summary>Reads the pieces of a SentencePiece model (ModelProto in sentencepiece's src/sentencepiece_model.proto).</summary>
static class SentencePieceFile
{
    public const int MaxBytes = 64 << 20;

    public static async Task<Vocabulary> ReadAsync(byte[] content, CancellationToken stop)
    {
        var vocabulary = new Vocabulary("llama", "default");
        try
        {
            var message = ProtobufMessage.Open(new SourceCursor(new MemoryByteSource(content), WeightFormat.Unknown), WeightFormat.Unknown);
            long count = 0;
            while (await message.NextAsync(stop))
                if (message.Field == 1 && message.HasBytes) await AddPieceAsync(message.Enter(), vocabulary, count++, stop);
            return count > 0 ? vocabulary : throw new ConversionException("tokenizer.model holds no pieces.");
        }
        catch (WeightFormatException problem)
        {
            throw new ConversionException($"tokenizer.model cannot be read: {problem.Message}");
        }
    }

    static async Task AddPieceAsync(ProtobufMessage piece, Vocabulary vocabulary, long id, CancellationToken stop)
    {
        var (text, score, kind) = ("", 0f, (ulong)TokenKind.Normal);
        while (await piece.NextAsync(stop))
        {
            switch (piece.Field)
            {
                case 1: text = await piece.ReadTextAsync(WeightLimits.MaxNameBytes, "A piece", stop); break;
                case 2: score = BitConverter.UInt32BitsToSingle((uint)piece.Number); break;
                case 3: kind = piece.Number; break;
            }
        }
        vocabulary.Set(id, text, score, kind is >= 1 and <= 6 ? (TokenKind)kind : throw new ConversionException($"The piece '{text}' of tokenizer.model is of the unknown kind {kind}."));
    }
}
