namespace ModelZoo.Weights.Protobuf;

/// <summary>Tells ONNX models from TensorFlow SavedModels by their outermost fields; protobuf has no magic number.</summary>
static class ProtobufKind
{
    /// <summary>A model has a handful of outer fields and one per metadata entry; a file with more is something else.</summary>
    const int MaxOuterFields = 100_000;

    public static async ValueTask<WeightFormat> DetectAsync(IByteSource source, CancellationToken stop)
    {
        var message = ProtobufMessage.Open(new SourceCursor(source, WeightFormat.Unknown), WeightFormat.Unknown);
        var (hasGraph, hasMetaGraph, hasOthers) = (false, false, false);
        var fields = 0;
        try
        {
            while (await message.NextAsync(stop))
            {
                if (++fields > MaxOuterFields) return WeightFormat.Unknown;
                switch (message.Field, message.HasBytes)
                {
                    case (1, false): break;
                    case (2, true): hasMetaGraph = true; break;
                    case (7, true): hasGraph = true; break;
                    case (3 or 4 or 6 or 8 or 14 or 20 or 25 or 26, true) or (5, false): hasOthers = true; break;
                    default: return WeightFormat.Unknown;
                }
            }
        }
        catch (WeightFormatException)
        {
            // A truncated model is still a model when its beginning is plausible; its reader then says where it breaks.
            return fields > 0 && message.Field == 7 ? WeightFormat.Onnx : WeightFormat.Unknown;
        }
        if (hasGraph) return WeightFormat.Onnx;
        return hasMetaGraph && !hasOthers && fields >= 2 ? WeightFormat.TensorFlowSavedModel : WeightFormat.Unknown;
    }
}
