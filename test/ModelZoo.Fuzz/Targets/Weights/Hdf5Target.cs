using System.Text;

namespace ModelZoo.Fuzz.Targets.Weights;

/// <summary>HDF5 in both styles: a new root with links and an attribute, an old group with a tree, a list and a heap of names.</summary>
sealed class Hdf5Target : WeightTarget
{
    const int Root = 64, Group = 512, Tree = 1024, Heap = 1280, Names = 1344, Symbols = 1408, Dataset = 1536, Content = 1792, Size = 1824;

    public override string Name => "hdf5";

    protected override IEnumerable<byte[]> Files()
    {
        var file = new byte[Size];
        Put(file, 0, [0x89, .. "HDF"u8, 0x0d, 0x0a, 0x1a, 0x0a, 2, 8, 8, 0, .. U64(0), .. U64(ulong.MaxValue), .. U64(Size), .. U64(Root)]);
        Put(file, Root, NewHeader((0x06, Link("group", Group)), (0x06, Link("dataset", Dataset)), (0x0c, Attribute("backend", "tensorflow"))));
        var table = (byte[])[.. U64(Tree), .. U64(Heap)];
        Put(file, Group, [1, 0, 1, 0, 1, 0, 0, 0, .. U32(24), 0, 0, 0, 0, 0x11, 0, (byte)table.Length, 0, 0, 0, 0, 0, .. table]);
        Put(file, Tree, [.. "TREE"u8, 0, 0, 1, 0, .. U64(ulong.MaxValue), .. U64(ulong.MaxValue), .. U64(0), .. U64(Symbols), .. U64(8)]);
        Put(file, Heap, [.. "HEAP"u8, 0, 0, 0, 0, .. U64(32), .. U64(0), .. U64(Names)]);
        Put(file, Names, [0, 0, 0, 0, 0, 0, 0, 0, .. "kernel:0"u8, 0]);
        Put(file, Symbols, [.. "SNOD"u8, 1, 0, 1, 0, .. U64(8), .. U64(Dataset), .. new byte[24]]);
        Put(file, Dataset, NewHeader((0x01, [2, 2, 0, 1, .. U64(2), .. U64(3)]), (0x03, Float), (0x08, [3, 1, .. U64(Content), .. U64(24)])));
        yield return file;
    }

    static byte[] Float => [0x11, 0x20, 0x1f, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0];

    static byte[] NewHeader(params (byte Type, byte[] Content)[] messages)
    {
        var body = messages.SelectMany(message => (byte[])[message.Type, (byte)message.Content.Length, 0, 0, .. message.Content]).ToArray();
        return [.. "OHDR"u8, 2, 1, (byte)body.Length, (byte)(body.Length >> 8), .. body, 0, 0, 0, 0];
    }

    static byte[] Link(string name, ulong address) => [1, 0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), .. U64(address)];

    static byte[] Attribute(string name, string value) =>
        [3, 0, (byte)(name.Length + 1), 0, 8, 0, 4, 0, 0, .. Encoding.ASCII.GetBytes(name), 0, 0x13, 0, 0, 0, (byte)value.Length, 0, 0, 0, 2, 0, 0, 0, .. Encoding.ASCII.GetBytes(value)];

    static void Put(byte[] file, int at, byte[] bytes) => bytes.CopyTo(file, at);

    static byte[] U32(uint value) => BitConverter.GetBytes(value);

    static byte[] U64(ulong value) => BitConverter.GetBytes(value);
}
