using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

/// <summary>Random models: distinct names of any letters, types that safetensors has, small shapes that fill whole bytes.</summary>
static class TensorSets
{
    static readonly DType[] Types = [DType.F32, DType.BF16, DType.F8E4M3, DType.Bool, DType.I64, DType.U16, DType.F4, DType.F6E2M3, DType.C64];

    static Gen<(string Name, DType Type, long[] Shape)> Tensor =>
        from name in ArbMap.Default.GeneratorFor<NonNull<string>>()
        from type in Gen.Elements(Types)
        from rank in Gen.Choose(0, 4)
        from axes in Gen.ArrayOf(Gen.Choose(0, 5), rank)
        select (Clean(name.Get), type, type.ElementsPerBlock == 1 ? axes.Select(a => (long)a).ToArray() : [.. axes.Select(a => (long)a), type.ElementsPerBlock]);

    public static Arbitrary<(string Name, DType Type, long[] Shape)[]> Arbitrary =>
        Gen.Select(Gen.ArrayOf(Tensor), set => set.DistinctBy(t => t.Name).Where(t => t.Name != "__metadata__").ToArray()).ToArbitrary();

    /// <summary>Random texts may hold half of a surrogate pair, which no UTF-8 file can.</summary>
    static string Clean(string text) => string.Concat(text.EnumerateRunes().Select(rune => rune.ToString()));
}
