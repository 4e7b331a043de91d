using System.Collections.Frozen;

namespace ModelZoo.Weights.PyTorch;

/// <summary>
/// The names of code that a checkpoint of plain data mentions. Everything else is listed as refused. Follows the names that PyTorch's own
/// restricted loader allows (torch/_weights_only_unpickler.py, 2025), plus NumPy's array constructors.
/// </summary>
static class PickleGlobals
{
    static readonly FrozenDictionary<string, DType> Storages = new Dictionary<string, DType>
    {
        ["FloatStorage"] = DType.F32, ["DoubleStorage"] = DType.F64, ["HalfStorage"] = DType.F16, ["BFloat16Storage"] = DType.BF16,
        ["LongStorage"] = DType.I64, ["IntStorage"] = DType.I32, ["ShortStorage"] = DType.I16, ["CharStorage"] = DType.I8,
        ["ByteStorage"] = DType.U8, ["BoolStorage"] = DType.Bool, ["ComplexFloatStorage"] = DType.C64, ["ComplexDoubleStorage"] = DType.C128,
        ["QInt8Storage"] = DType.I8, ["QUInt8Storage"] = DType.U8, ["QInt32Storage"] = DType.I32,
    }.ToFrozenDictionary();

    static readonly FrozenDictionary<string, DType> Types = new Dictionary<string, DType>
    {
        ["float32"] = DType.F32, ["float"] = DType.F32, ["float64"] = DType.F64, ["double"] = DType.F64, ["float16"] = DType.F16,
        ["half"] = DType.F16, ["bfloat16"] = DType.BF16, ["uint8"] = DType.U8, ["int8"] = DType.I8, ["int16"] = DType.I16, ["short"] = DType.I16,
        ["int32"] = DType.I32, ["int"] = DType.I32, ["int64"] = DType.I64, ["long"] = DType.I64, ["bool"] = DType.Bool,
        ["uint16"] = DType.U16, ["uint32"] = DType.U32, ["uint64"] = DType.U64, ["complex64"] = DType.C64, ["complex128"] = DType.C128,
        ["float8_e4m3fn"] = DType.F8E4M3, ["float8_e5m2"] = DType.F8E5M2, ["float8_e4m3fnuz"] = DType.F8E4M3Fnuz,
        ["float8_e5m2fnuz"] = DType.F8E5M2Fnuz, ["float8_e8m0fnu"] = DType.F8E8M0, ["qint8"] = DType.I8, ["quint8"] = DType.U8, ["qint32"] = DType.I32,
    }.ToFrozenDictionary();

    static readonly FrozenSet<string> Harmless = FrozenSet.Create(StringComparer.Ordinal,
        "collections.OrderedDict", "collections.defaultdict", "collections.Counter",
        "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_parameter_with_state", "torch._utils._rebuild_qtensor", "torch._utils._rebuild_sparse_tensor",
        "torch._utils._rebuild_meta_tensor_no_storage", "torch._tensor._rebuild_from_type_v2", "torch.Tensor", "torch.nn.parameter.Parameter",
        "torch.nn.parameter.Buffer", "torch.Size", "torch.device", "torch.storage.UntypedStorage", "torch.UntypedStorage", "torch.storage.TypedStorage",
        "torch.per_tensor_affine", "torch.per_channel_affine", "torch.strided", "torch.serialization._get_layout", "torch.sparse_coo",
        "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct", "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
        "numpy.ndarray", "numpy.dtype", "_codecs.encode", "builtins.set", "builtins.frozenset", "builtins.bytearray", "builtins.complex", "builtins.dict",
        "builtins.list", "__builtin__.set", "__builtin__.frozenset", "__builtin__.bytearray", "__builtin__.complex", "__builtin__.dict", "__builtin__.list");

    public static bool IsHarmless(PickleGlobal global) =>
        Harmless.Contains(global.FullName) || FindStorageType(global) is not null || FindType(global) is not null
        || (global.Module == "numpy.dtypes" && global.Name.EndsWith("DType", StringComparison.Ordinal));

    /// <summary>The element type of a storage class; null for others, and for the class of untyped bytes.</summary>
    public static DType? FindStorageType(PickleGlobal global) =>
        global.Module is "torch" or "torch.cuda" or "torch.storage" ? Storages.GetValueOrDefault(global.Name) : null;

    public static DType? FindType(object? value) => value is PickleGlobal { Module: "torch" } global ? Types.GetValueOrDefault(global.Name) : null;
}
