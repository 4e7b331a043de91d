using System.Text;

namespace ModelZoo.Weights.Hdf5;

/// <summary>Lists the members of a group: a B-tree of symbol tables in old files, link messages in new ones (chapters III.A to D, IV.A.2.g).</summary>
sealed class Hdf5Links(Hdf5Objects objects)
{
    const int MaxLevels = 16;
    const int SymbolBytes = 40;
    const ulong Undefined = ulong.MaxValue;

    readonly HashSet<ulong> _visited = [];

    /// <summary>Names and addresses of the members that lie in this file; and whether some could not be listed.</summary>
    public async Task<(List<(string Name, ulong Address)> Members, bool IsComplete)> ReadAsync(List<Hdf5Message> header, CancellationToken stop)
    {
        var members = new List<(string, ulong)>();
        var isComplete = true;
        foreach (var message in header)
        {
            if (message.Type == Hdf5Message.SymbolTable)
            {
                var names = await ReadHeapAsync(Hdf5Objects.ReadNumber(message.Content, 8, 8), stop);
                await ReadTreeAsync(Hdf5Objects.ReadNumber(message.Content, 0, 8), names, members, MaxLevels, stop);
            }
            else if (message.Type == Hdf5Message.Link) AddLink(message.Content, members);
            else if (message.Type == Hdf5Message.LinkInfo)
            {
                var at = 2 + ((message.Content.Length > 1 && (message.Content[1] & 1) != 0) ? 8 : 0);
                if (Hdf5Objects.ReadNumber(message.Content, at, 8) != Undefined) isComplete = false;
            }
        }
        return (members, isComplete);
    }

    async Task<byte[]> ReadHeapAsync(ulong address, CancellationToken stop)
    {
        var start = await objects.Reader.ReadAsync(objects.Place(address), 32, stop);
        if (!start.AsSpan().StartsWith("HEAP"u8)) throw Hdf5Objects.Bad("A group points to something that is no heap of names.");
        var size = Hdf5Objects.ReadNumber(start, 8, 8);
        if (size > WeightLimits.MaxTextBytes) throw Hdf5Objects.Bad($"The names of a group claim {size} bytes.");
        return await objects.Reader.ReadAsync(objects.Place(Hdf5Objects.ReadNumber(start, 24, 8)), (int)size, stop);
    }

    async Task ReadTreeAsync(ulong address, byte[] names, List<(string, ulong)> members, int levels, CancellationToken stop)
    {
        if (levels == 0 || !_visited.Add(address)) throw Hdf5Objects.Bad("The tree of a group is too deep or points back to itself.");
        var at = objects.Place(address);
        var start = await objects.Reader.ReadAsync(at, 24, stop);
        if (!start.AsSpan().StartsWith("TREE"u8) || start[4] != 0) throw Hdf5Objects.Bad("A group points to something that is no tree of members.");
        var count = (int)Hdf5Objects.ReadNumber(start, 6, 2);
        var entries = await objects.Reader.ReadAsync(at + 24, 8 + count * 16, stop);
        for (var i = 0; i < count; i++)
        {
            var child = Hdf5Objects.ReadNumber(entries, 8 + i * 16, 8);
            if (start[5] > 0) await ReadTreeAsync(child, names, members, levels - 1, stop);
            else await ReadSymbolsAsync(child, names, members, stop);
        }
    }

    async Task ReadSymbolsAsync(ulong address, byte[] names, List<(string, ulong)> members, CancellationToken stop)
    {
        if (!_visited.Add(address)) throw Hdf5Objects.Bad("A group lists the same members twice.");
        var at = objects.Place(address);
        var start = await objects.Reader.ReadAsync(at, 8, stop);
        if (!start.AsSpan().StartsWith("SNOD"u8)) throw Hdf5Objects.Bad("The tree of a group points to something that is no list of members.");
        var count = (int)Hdf5Objects.ReadNumber(start, 6, 2);
        var entries = await objects.Reader.ReadAsync(at + 8, count * SymbolBytes, stop);
        for (var i = 0; i < count; i++)
        {
            var name = Hdf5Objects.ReadNumber(entries, i * SymbolBytes, 8);
            if (name >= (ulong)names.Length) throw Hdf5Objects.Bad("The name of a member lies outside the names of its group.");
            var text = names.AsSpan((int)name);
            var end = text.IndexOf((byte)0);
            if (end < 0 || end > WeightLimits.MaxNameBytes) throw Hdf5Objects.Bad($"The name of a member has more than {WeightLimits.MaxNameBytes} bytes.");
            // A soft link has no address of its own; what it names is listed where it lies.
            if (Hdf5Objects.ReadNumber(entries, i * SymbolBytes + 8, 8) is var target and not Undefined) members.Add((Encoding.UTF8.GetString(text[..end]), target));
        }
    }

    static void AddLink(byte[] link, List<(string, ulong)> members)
    {
        var flags = link.Length > 2 && link[0] == 1 ? link[1] : throw Hdf5Objects.Bad("A link is of an unknown version or too short.");
        var at = 2;
        var type = (flags & 0x08) != 0 ? link[at++] : 0;
        at += ((flags & 0x04) != 0 ? 8 : 0) + ((flags & 0x10) != 0 ? 1 : 0);
        var sizeBytes = 1 << (flags & 3);
        var length = Hdf5Objects.ReadNumber(link, at, sizeBytes);
        at += sizeBytes;
        if (length > (ulong)(link.Length - at)) throw Hdf5Objects.Bad("The name of a link crosses its end.");
        var name = Encoding.UTF8.GetString(link.AsSpan(at, (int)length));
        if (type == 0) members.Add((name, Hdf5Objects.ReadNumber(link, at + (int)length, 8)));
    }
}
