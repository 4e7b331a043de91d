using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace ModelZoo.Weights.PyTorch;

/// <summary>
/// Reads a pickle as data. Every opcode up to protocol 5 is known, and none runs anything: names of code become nodes, calls become nodes
/// unless <see cref="TorchObjects"/> knows them. Time and memory are bounded by the length of the pickle.
/// </summary>
sealed class Unpickler(SourceCursor cursor, WeightFormat format, TorchObjects objects)
{
    const int MaxLineBytes = 1 << 20;
    const int MaxNumberBytes = 1024;

    static readonly object Mark = new();

    readonly List<object?> _stack = [];
    readonly Dictionary<uint, object?> _memo = [];

    /// <summary>Names of code outside the harmless ones, in the order of their first mention.</summary>
    public List<string> RefusedGlobals { get; } = [];

    readonly HashSet<PickleGlobal> _refused = [];

    /// <summary>Reads up to the end of one pickle and gives what it describes. Can be called again for the pickle that follows.</summary>
    public async Task<object?> ReadAsync(CancellationToken stop)
    {
        _stack.Clear();
        _memo.Clear();
        var start = cursor.Position;
        for (var count = 0; count < WeightLimits.MaxPickleOpcodes; count++)
        {
            if (cursor.Position - start > WeightLimits.MaxPickleBytes) throw Bad($"The pickle has more than {WeightLimits.MaxPickleBytes} bytes.");
            var opcode = await cursor.ReadByteAsync(stop);
            if (opcode == '.') return Pop();
            await StepAsync(opcode, stop);
        }
        throw Bad($"The pickle has more than {WeightLimits.MaxPickleOpcodes} opcodes.");
    }

    // Opcodes as in CPython's Lib/pickle.py.
    async ValueTask StepAsync(byte opcode, CancellationToken stop)
    {
        switch (opcode)
        {
            case 0x80: await ReadProtocolAsync(stop); break;
            case 0x95: await cursor.ReadUInt64Async(stop); break;                                  // FRAME: a hint for buffering
            case (byte)'(': Push(Mark); break;
            case (byte)'0': Pop(orMark: true); break;
            case (byte)'1': PopToMark(); break;
            case (byte)'2': Push(Peek()); break;

            case (byte)'N': Push(null); break;
            case 0x88: Push(true); break;
            case 0x89: Push(false); break;
            case (byte)'K': Push((long)await cursor.ReadByteAsync(stop)); break;
            case (byte)'M': Push((long)await cursor.ReadUInt16Async(stop)); break;
            case (byte)'J': Push((long)(int)await cursor.ReadUInt32Async(stop)); break;
            case (byte)'I': Push(ParseInt(await ReadLineAsync(stop))); break;
            case (byte)'L': Push(ParseLong((await ReadLineAsync(stop)).TrimEnd('L'))); break;
            case 0x8a: Push(await ReadLongAsync(await cursor.ReadByteAsync(stop), stop)); break;
            case 0x8b: Push(await ReadLongAsync(await cursor.ReadUInt32Async(stop), stop)); break;
            case (byte)'F': Push(ParseReal(await ReadLineAsync(stop))); break;
            case (byte)'G': Push(BinaryPrimitives.ReadDoubleBigEndian((await cursor.TakeAsync(8, stop)).Span)); break;

            case (byte)'S' or (byte)'V': Push(Unquote(await ReadLineAsync(stop))); break;
            case (byte)'X': Push(await ReadTextAsync(await cursor.ReadUInt32Async(stop), stop)); break;
            case 0x8c: Push(await ReadTextAsync(await cursor.ReadByteAsync(stop), stop)); break;
            case 0x8d: Push(await ReadTextAsync(await cursor.ReadUInt64Async(stop), stop)); break;
            case (byte)'T': Push(await ReadByteTextAsync(await cursor.ReadUInt32Async(stop), stop)); break;
            case (byte)'U': Push(await ReadByteTextAsync(await cursor.ReadByteAsync(stop), stop)); break;
            case (byte)'B': Push(SkipBytes(await cursor.ReadUInt32Async(stop))); break;
            case (byte)'C': Push(SkipBytes(await cursor.ReadByteAsync(stop))); break;
            case 0x8e or 0x96: Push(SkipBytes(await cursor.ReadUInt64Async(stop))); break;
            case 0x97: Push(new PickleBytes(0)); break;                                            // NEXT_BUFFER: content out of band
            case 0x98: break;

            case (byte)']' or 0x8f: Push(new PickleList(isTuple: false)); break;
            case (byte)')': Push(new PickleList(isTuple: true)); break;
            case (byte)'}': Push(new PickleDictionary()); break;
            case (byte)'l' or 0x91: Push(MakeList(PopToMark(), isTuple: false)); break;
            case (byte)'t': Push(MakeList(PopToMark(), isTuple: true)); break;
            case 0x85 or 0x86 or 0x87: Push(MakeList(PopMany(opcode - 0x84), isTuple: true)); break;
            case (byte)'d':
                var pairs = PopToMark();
                Push(new PickleDictionary());
                SetItems(pairs);
                break;
            case (byte)'a': Append([Pop()]); break;
            case (byte)'e' or 0x90: Append(PopToMark()); break;
            case (byte)'s': SetItems(PopMany(2)); break;
            case (byte)'u': SetItems(PopToMark()); break;

            case (byte)'g': Push(Recall(ParseIndex(await ReadLineAsync(stop)))); break;
            case (byte)'h': Push(Recall(await cursor.ReadByteAsync(stop))); break;
            case (byte)'j': Push(Recall(await cursor.ReadUInt32Async(stop))); break;
            case (byte)'p': _memo[ParseIndex(await ReadLineAsync(stop))] = Peek(); break;
            case (byte)'q': _memo[await cursor.ReadByteAsync(stop)] = Peek(); break;
            case (byte)'r': _memo[await cursor.ReadUInt32Async(stop)] = Peek(); break;
            case 0x94: _memo[(uint)_memo.Count] = Peek(); break;

            case (byte)'c': PushGlobal(await ReadLineAsync(stop), await ReadLineAsync(stop)); break;
            case 0x93:
                var (name, module) = (Pop(), Pop());
                PushGlobal(module as string, name as string);
                break;
            case (byte)'i':
                var (instanceModule, instanceName) = (await ReadLineAsync(stop), await ReadLineAsync(stop));
                var instanceArguments = PopToMark();
                PushGlobal(instanceModule, instanceName);
                Push(objects.Call(Pop(), MakeList(instanceArguments, isTuple: true)));
                break;
            case 0x82: PushExtension(await cursor.ReadByteAsync(stop)); break;
            case 0x83: PushExtension(await cursor.ReadUInt16Async(stop)); break;
            case 0x84: PushExtension(await cursor.ReadUInt32Async(stop)); break;
            case (byte)'R' or 0x81:
                var arguments = Pop();
                Push(objects.Call(Pop(), arguments));
                break;
            case 0x92:
                var (named, positional) = (Pop(), Pop());
                Push(new PickleCall(Pop(), positional) { State = named });
                break;
            case (byte)'o':
                var parts = PopToMark();
                if (parts.Count == 0) throw Bad("The pickle builds an object of nothing.");
                Push(objects.Call(parts[0], MakeList(parts[1..], isTuple: true)));
                break;
            case (byte)'b': Build(Pop()); break;
            case (byte)'P': Push(objects.Resolve(await ReadLineAsync(stop))); break;
            case (byte)'Q': Push(objects.Resolve(Pop())); break;
            default: throw Bad($"There is no pickle opcode 0x{opcode:x2} (offset {cursor.Position - 1}).");
        }
    }

    async ValueTask ReadProtocolAsync(CancellationToken stop)
    {
        var protocol = await cursor.ReadByteAsync(stop);
        if (protocol > 5) throw Bad($"Pickle protocol {protocol} is not known; up to 5 is.");
    }

    void PushGlobal(string? module, string? name)
    {
        if (module is null || name is null) throw Bad("The pickle names code by something that is no text.");
        var global = new PickleGlobal(Shorten(module), Shorten(name));
        if (!PickleGlobals.IsHarmless(global) && _refused.Count < 10_000 && _refused.Add(global)) RefusedGlobals.Add(global.FullName);
        Push(global);
    }

    void PushExtension(uint code) => PushGlobal("copyreg", $"extension_{code}");

    void Build(object? state)
    {
        // The state of a dictionary is decoration (PyTorch keeps version numbers there); that of an unknown object may hold tensors.
        if (Peek() is PickleCall call) call.State = call.State is null ? state : MakeList([call.State, state], isTuple: true);
    }

    void Append(List<object?> items)
    {
        if (Peek() is PickleList list) list.Items.AddRange(items);
        else if (Peek() is PickleCall call) call.State = call.State is null ? MakeList(items, false) : MakeList([call.State, .. items], false);
        else throw Bad("The pickle appends to something that is no list.");
    }

    void SetItems(List<object?> pairs)
    {
        if (pairs.Count % 2 != 0) throw Bad("The pickle sets an item without a value.");
        var target = Peek() switch
        {
            PickleDictionary dictionary => dictionary,
            PickleCall { State: PickleDictionary state } => state,
            PickleCall call => (PickleDictionary)(call.State = new PickleDictionary()),
            _ => throw Bad("The pickle sets an item of something that is no dictionary."),
        };
        for (var i = 0; i < pairs.Count; i += 2) target.Items.Add((pairs[i], pairs[i + 1]));
    }

    static PickleList MakeList(List<object?> items, bool isTuple)
    {
        var list = new PickleList(isTuple);
        list.Items.AddRange(items);
        return list;
    }

    void Push(object? value) => _stack.Add(value);

    object? Pop(bool orMark = false)
    {
        var value = orMark && _stack.Count > 0 ? _stack[^1] : Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    object? Peek() => _stack.Count > 0 && _stack[^1] != Mark ? _stack[^1] : throw Bad("The pickle takes from an empty stack.");

    List<object?> PopMany(int count)
    {
        var items = new object?[count];
        for (var i = count - 1; i >= 0; i--) items[i] = Pop();
        return [.. items];
    }

    List<object?> PopToMark()
    {
        var at = _stack.LastIndexOf(Mark);
        if (at < 0) throw Bad("The pickle closes a group that it did not open.");
        var items = _stack[(at + 1)..];
        _stack.RemoveRange(at, _stack.Count - at);
        return items;
    }

    object? Recall(uint index) => _memo.TryGetValue(index, out var value) ? value : throw Bad($"The pickle recalls {index}, which it did not remember.");

    PickleBytes SkipBytes(ulong length)
    {
        if (length > (ulong)cursor.Remaining) throw cursor.Truncated((long)Math.Min(length, long.MaxValue));
        cursor.Skip((long)length);
        return new((long)length);
    }

    async ValueTask<string> ReadTextAsync(ulong length, CancellationToken stop)
    {
        if (length > (ulong)cursor.Remaining) throw cursor.Truncated((long)Math.Min(length, long.MaxValue));
        if (length > WeightLimits.MaxTextBytes) throw Bad($"A text of the pickle has {length} bytes; at most {WeightLimits.MaxTextBytes} are read.");
        // Lenient: Python writes lone surrogates in its own form of UTF-8.
        return Encoding.UTF8.GetString((await cursor.TakeAsync((int)length, stop)).Span);
    }

    async ValueTask<object> ReadByteTextAsync(uint length, CancellationToken stop)
    {
        if (length > WeightLimits.MaxNameBytes) return SkipBytes(length);
        return Encoding.Latin1.GetString((await cursor.TakeAsync((int)length, stop)).Span);
    }

    async ValueTask<object?> ReadLongAsync(uint length, CancellationToken stop)
    {
        if (length > MaxNumberBytes) throw Bad($"A number of the pickle has {length} bytes; at most {MaxNumberBytes} are read.");
        return Narrow(new BigInteger((await cursor.TakeAsync((int)length, stop)).Span));
    }

    async ValueTask<string> ReadLineAsync(CancellationToken stop)
    {
        var line = new List<byte>();
        for (byte b; (b = await cursor.ReadByteAsync(stop)) != '\n'; line.Add(b))
            if (line.Count == MaxLineBytes) throw Bad($"A line of the pickle has more than {MaxLineBytes} bytes.");
        return Encoding.UTF8.GetString(line.ToArray());
    }

    object? ParseInt(string line) => line switch { "00" => false, "01" => true, _ => ParseLong(line) };

    object? ParseLong(string line) =>
        line.Length <= MaxNumberBytes && BigInteger.TryParse(line, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? Narrow(number) : throw Bad("A number of the pickle is malformed.");

    uint ParseIndex(string line) =>
        uint.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : throw Bad("An index of the pickle is malformed.");

    double ParseReal(string line) =>
        line.Length <= MaxNumberBytes && double.TryParse(line, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
            ? real : throw Bad("A number of the pickle is malformed.");

    static string Unquote(string line) => line.Length >= 2 && line[0] is '\'' or '"' && line[^1] == line[0] ? line[1..^1] : line;

    static string Shorten(string name) => name.Length <= 256 ? name : name[..256];

    static object? Narrow(BigInteger number)
    {
        object? value = number;
        if (number >= long.MinValue && number <= long.MaxValue) value = (long)number;
        return value;
    }

    WeightFormatException Bad(string message) => new(format, message);
}
