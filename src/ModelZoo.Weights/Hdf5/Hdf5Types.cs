namespace ModelZoo.Weights.Hdf5;

/// <summary>Reads datatypes and dataspaces (HDF5 file format specification 3.0, chapters IV.A.2.b and d).</summary>
static class Hdf5Types
{
    const int FixedPoint = 0;
    const int FloatingPoint = 1;
    public const int Text = 3;
    const int Compound = 6;
    const int Enumeration = 8;
    public const int Variable = 9;

    public static int GetClass(byte[] type) => type.Length >= 8 ? type[0] & 0x0f : throw Hdf5Objects.Bad("A datatype is too short.");

    public static int GetSize(byte[] type) => (int)Math.Min(Hdf5Objects.ReadNumber(type, 4, 4), int.MaxValue);

    public static bool IsBigEndian(byte[] type) => GetClass(type) is FixedPoint or FloatingPoint && (type[1] & 1) != 0;

    /// <summary>Null for compounds, references and other types that are no numbers.</summary>
    public static DType? Find(byte[] type) => (GetClass(type), GetSize(type)) switch
    {
        (FixedPoint, var size) => ((type[1] & 8) != 0, size) switch
        {
            (true, 1) => DType.I8, (true, 2) => DType.I16, (true, 4) => DType.I32, (true, 8) => DType.I64,
            (false, 1) => DType.U8, (false, 2) => DType.U16, (false, 4) => DType.U32, (false, 8) => DType.U64,
            _ => null,
        },
        // The width of the exponent tells the two types of two bytes apart.
        (FloatingPoint, 2) => type.Length > 13 && type[13] == 8 ? DType.BF16 : DType.F16,
        (FloatingPoint, 4) => DType.F32,
        (FloatingPoint, 8) => DType.F64,
        (Enumeration, 1) => DType.Bool,
        (Compound, 8) => DType.C64,
        (Compound, 16) => DType.C128,
        (Text or Variable, _) => DType.Text,
        _ => null,
    };

    /// <summary>The axes; empty for a scalar, and one axis of zero for an empty dataspace.</summary>
    public static long[] ReadShape(byte[] space)
    {
        if (space.Length < 4) throw Hdf5Objects.Bad("A dataspace is too short.");
        var (version, rank) = (space[0], space[1]);
        if (version is not (1 or 2)) throw Hdf5Objects.Bad($"A dataspace is of the unknown version {version}.");
        if (rank > WeightLimits.MaxRank) throw Hdf5Objects.Bad($"A dataspace has {rank} axes; at most {WeightLimits.MaxRank} are read.");
        if (version == 2 && space[3] == 2) return [0];
        var shape = new long[rank];
        for (var axis = 0; axis < rank; axis++)
        {
            var length = Hdf5Objects.ReadNumber(space, (version == 1 ? 8 : 4) + axis * 8, 8);
            shape[axis] = length <= long.MaxValue ? (long)length : throw Hdf5Objects.Bad("An axis overflows.");
        }
        return shape;
    }
}
