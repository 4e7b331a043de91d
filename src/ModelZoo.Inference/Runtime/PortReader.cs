using System.Runtime.InteropServices;

namespace ModelZoo.Inference.Runtime;

/// <summary>Reads what a session declares.</summary>
static unsafe class PortReader
{
    const int TensorKind = 1;

    public static List<Port> Read(OrtApi api, nint session, OrtSlot countSlot, OrtSlot nameSlot, OrtSlot typeSlot)
    {
        var ports = new List<Port>();
        var count = (int)api.Ask(countSlot, session);
        for (var i = 0; i < count; i++)
        {
            var name = Text(api, api.Ask(nameSlot, session, i, OnnxRuntime.Allocator));
            var type = api.Ask(typeSlot, session, i);
            try
            {
                ports.Add(Read(api, name, type));
            }
            finally
            {
                api.Release(OrtSlot.ReleaseTypeInfo, type);
            }
        }
        return ports;
    }

    static Port Read(OrtApi api, string name, nint type)
    {
        var kind = 0;
        api.Call(OrtSlot.GetOnnxTypeFromTypeInfo, type, (nint)(&kind));
        if (kind != TensorKind) return new(name, null, [], []);
        var description = api.Ask(OrtSlot.CastTypeInfoToTensorInfo, type);      // borrowed
        var (element, shape) = Tensor.Describe(api, description);
        var symbols = new nint[shape.Length];
        fixed (nint* first = symbols) api.Call(OrtSlot.GetSymbolicDimensions, description, (nint)first, symbols.Length);
        return new(name, element, shape, [.. symbols.Select(symbol => Marshal.PtrToStringUTF8(symbol) ?? "")]);
    }

    public static ModelProperties ReadProperties(OrtApi api, nint session)
    {
        var metadata = api.Ask(OrtSlot.SessionGetModelMetadata, session);
        try
        {
            long version = 0;
            api.Call(OrtSlot.ModelMetadataGetVersion, metadata, (nint)(&version));
            return new(Ask(OrtSlot.ModelMetadataGetProducerName), Ask(OrtSlot.ModelMetadataGetGraphName), Ask(OrtSlot.ModelMetadataGetDomain),
                Ask(OrtSlot.ModelMetadataGetDescription), version, ReadCustom(api, metadata));
        }
        finally
        {
            api.Release(OrtSlot.ReleaseModelMetadata, metadata);
        }

        string Ask(OrtSlot slot) => Text(api, api.Ask(slot, metadata, OnnxRuntime.Allocator));
    }

    static Dictionary<string, string> ReadCustom(OrtApi api, nint metadata)
    {
        var custom = new Dictionary<string, string>(StringComparer.Ordinal);
        nint* keys = null;
        long count = 0;
        api.Call(OrtSlot.ModelMetadataGetCustomMetadataMapKeys, metadata, OnnxRuntime.Allocator, (nint)(&keys), (nint)(&count));
        for (var i = 0L; i < count; i++)
        {
            var value = api.Ask(OrtSlot.ModelMetadataLookupCustomMetadataMap, metadata, OnnxRuntime.Allocator, keys[i]);
            custom[Text(api, keys[i])] = Text(api, value);
        }
        if (keys is not null) api.Call(OrtSlot.AllocatorFree, OnnxRuntime.Allocator, (nint)keys);
        return custom;
    }

    /// <summary>A text that the library allocated for us.</summary>
    static string Text(OrtApi api, nint text)
    {
        if (text == 0) return "";
        var value = Marshal.PtrToStringUTF8(text)!;
        api.Call(OrtSlot.AllocatorFree, OnnxRuntime.Allocator, text);
        return value;
    }
}
