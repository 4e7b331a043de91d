using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Weights;
using ModelZoo.Weights.Deltas;

namespace ModelZoo.Tests.Weights.Deltas;

public class DeltaTests
{
    const int Block = 4096;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    static async Task<byte[]> EncodeAsync(byte[] content, byte[]? origin, int blockBytes = Block)
    {
        using var output = new MemoryStream();
        var header = await DeltaEncoder.EncodeAsync(new MemoryByteSource(content), SHA256.HashData(content), origin is null ? null : new MemoryByteSource(origin),
            origin is null ? null : SHA256.HashData(origin), output, blockBytes, Stop);
        Assert.Equal(output.Length, header.StoredLength);
        return output.ToArray();
    }

    static async Task<byte[]> DecodeAsync(byte[] container, byte[]? origin, long offset = 0, long? length = null, List<(long, long)>? asked = null)
    {
        var header = await DeltaHeader.ReadAsync(new MemoryByteSource(container), Stop);
        await using var stream = await DeltaStream.OpenAsync(header, (from, count, _) => Task.FromResult<Stream>(new MemoryStream(container, (int)from, (int)count)), (from, count, _) =>
        {
            asked?.Add((from, count));
            return Task.FromResult<Stream>(new MemoryStream(origin!, (int)from, (int)count));
        }, offset, length ?? header.Length - offset, Stop);
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, Stop);
        return all.ToArray();
    }

    /// <summary>A file of tensors whose bytes a function makes.</summary>
    static async Task<byte[]> FileAsync(IEnumerable<(string Name, DType Type, long[] Shape)> tensors, Func<string, int, byte[]> fill, string epoch = "1")
    {
        using var target = new MemoryStream();
        await SafetensorsWriter.WriteAsync(target, tensors.Select(t =>
        {
            t.Type.TryGetByteLength(t.Shape.Aggregate(1L, (a, b) => a * b), out var bytes);
            return new TensorContent(t.Name, t.Type, t.Shape, new MemoryByteSource(fill(t.Name, (int)bytes)), 0, bytes);
        }), new Dictionary<string, string> { ["epoch"] = epoch }, Stop);
        return target.ToArray();
    }

    static byte[] Random(int seed, int count)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    static readonly (string, DType, long[])[] s_model = [("a.weight", DType.F32, [60, 50]), ("b.bias", DType.F32, [33]), ("h", DType.F16, [500]), ("s", DType.BF16, [700]), ("n", DType.I64, [3]), ("u", DType.U8, [77])];

    /// <summary>Weights as training leaves them: near what they were.</summary>
    static async Task<(byte[] Old, byte[] New)> StatesAsync(int seed = 1, bool frozen = false)
    {
        var weights = new Dictionary<string, byte[]>();
        var old = await FileAsync(s_model, (name, bytes) => weights[name] = name.Contains('.') ? Floats(new Random(seed), bytes / 4) : Random(seed, bytes));
        var random = new Random(seed + 1);
        return (old, await FileAsync(s_model, (name, bytes) => frozen && name[0] == 'a' ? weights[name] : name.Contains('.') ? Moved(random, weights[name]) : Random(seed + 2, bytes)));
    }

    static byte[] Floats(Random random, int count) => MemoryMarshal.AsBytes(Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray().AsSpan()).ToArray();

    static byte[] Moved(Random random, byte[] weights) => MemoryMarshal.AsBytes(MemoryMarshal.Cast<byte, float>(weights).ToArray().Select(w => w + (float)((random.NextDouble() - 0.5) * 1e-3)).ToArray().AsSpan()).ToArray();

    [Fact]
    public void Any_bytes_come_back_bit_for_bit_whole_and_in_any_range()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(TensorSets.Arbitrary, ArbMap.Default.ArbFor<int>(), (set, seed) =>
        {
            var random = new Random(seed);
            var old = FileAsync(set.Select(t => (t.Name, t.Type, t.Shape.ToArray())), (_, bytes) => Random(random.Next(), bytes)).GetAwaiter().GetResult();
            // Other tensors, other types, other order: what has no counterpart is coded by itself. Random bytes have every NaN there is.
            var fresh = FileAsync(set.Where((_, i) => i % 5 != 4).Reverse().Select(t => (t.Name, t.Type, t.Shape.ToArray())), (_, bytes) => Random(random.Next(), bytes), "12").GetAwaiter().GetResult();
            var container = EncodeAsync(fresh, old).GetAwaiter().GetResult();
            Assert.Equal(fresh, DecodeAsync(container, old).GetAwaiter().GetResult());
            for (var i = 0; i < 5; i++)
            {
                var from = random.Next(fresh.Length + 1);
                var count = random.Next(fresh.Length - from + 1);
                Assert.Equal(fresh.AsSpan(from, count).ToArray(), DecodeAsync(container, old, from, count).GetAwaiter().GetResult());
            }
            return true;
        }));
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(7), InlineData(4096), InlineData(4097), InlineData(50_001)]
    public async Task Bytes_of_no_known_format_come_back_too(int count)
    {
        byte[] content = Random(3, count), near = [.. content];
        for (var i = 0; i < count; i += 999) near[i] ^= 5;
        Assert.Equal(content, await DecodeAsync(await EncodeAsync(content, null), null));
        Assert.Equal(content, await DecodeAsync(await EncodeAsync(content, near), near));
        Assert.Equal(content, await DecodeAsync(await EncodeAsync(content, Random(4, 100)), Random(4, 100)));
    }

    [Fact]
    public async Task A_header_that_is_not_aligned_cuts_no_number_in_two()
    {
        var (old, fresh) = await StatesAsync();
        for (var pad = 0; pad < 9; pad++)
        {
            byte[] Padded(byte[] file)
            {
                var header = (int)BitConverter.ToInt64(file);
                return [.. BitConverter.GetBytes((long)header + pad), .. file.AsSpan(8, header), .. Enumerable.Repeat((byte)' ', pad), .. file.AsSpan(8 + header)];
            }
            var (a, b) = (Padded(old), Padded(fresh));
            var container = await EncodeAsync(b, a);
            Assert.Equal(b, await DecodeAsync(container, a));
            // Another base layout than the content's: offsets differ, numbers correspond all the same.
            Assert.Equal(b, await DecodeAsync(await EncodeAsync(b, old), old));
            Assert.True(container.Length < b.Length * 0.92, $"{container.Length} of {b.Length}");
        }
    }

    [Fact]
    public async Task Tensors_that_are_equal_cost_next_to_nothing()
    {
        var (old, fresh) = await StatesAsync(frozen: true);
        var (other, moved) = await StatesAsync();
        var (frozen, trained) = (await EncodeAsync(fresh, old), await EncodeAsync(moved, other));
        Assert.True(frozen.Length < trained.Length - 6_000, $"{frozen.Length} and {trained.Length}");
        Assert.True((await EncodeAsync(old, old)).Length < 700);
    }

    [Fact]
    public async Task A_range_asks_of_the_base_what_it_needs_and_once()
    {
        var old = await FileAsync([("w", DType.F32, [40_000])], (_, bytes) => Floats(new Random(1), bytes / 4));
        var fresh = await FileAsync([("w", DType.F32, [40_000])], (_, bytes) => Moved(new Random(2), Floats(new Random(1), bytes / 4)));
        var container = await EncodeAsync(fresh, old);
        var asked = new List<(long Offset, long Length)>();
        Assert.Equal(fresh.AsSpan(100_000, 10).ToArray(), await DecodeAsync(container, old, 100_000, 10, asked));
        Assert.InRange(asked.Sum(a => a.Length), 10, 2 * Block);
        asked.Clear();
        Assert.Equal(fresh, await DecodeAsync(container, old, asked: asked));
        Assert.Single(asked);
        Assert.True(asked[0].Length <= old.Length);
    }

    [Fact]
    public async Task Another_base_is_noticed()
    {
        var (old, fresh) = await StatesAsync();
        var container = await EncodeAsync(fresh, old);
        var wrong = (byte[])old.Clone();
        wrong[^2000] ^= 1;
        await Assert.ThrowsAsync<DeltaFormatException>(() => DecodeAsync(container, wrong));
    }

    [Fact]
    public async Task What_is_cut_off_anywhere_is_refused()
    {
        var (old, fresh) = await StatesAsync();
        var container = await EncodeAsync(fresh, old);
        for (var length = 0; length < container.Length; length += 1 + (length / 40))
            await Assert.ThrowsAsync<DeltaFormatException>(() => DecodeAsync(container[..length], old));
        await Assert.ThrowsAsync<DeltaFormatException>(() => DecodeAsync([.. container, 0], old));
    }

    [Fact]
    public async Task Whatever_is_changed_the_content_is_right_or_refused()
    {
        var (old, fresh) = await StatesAsync(7);
        var container = await EncodeAsync(fresh, old);
        var random = new Random(5);
        var refused = 0;
        for (var round = 0; round < 4000; round++)
        {
            var hostile = (byte[])container.Clone();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                // Half of them in the tables, where sizes and offsets are.
                var at = random.Next(2) == 0 ? random.Next(Math.Min(450, hostile.Length)) : random.Next(hostile.Length);
                hostile[at] = random.Next(3) switch { 0 => 0xff, 1 => (byte)random.Next(256), _ => (byte)(hostile[at] ^ (1 << random.Next(8))) };
            }
            try
            {
                var decoded = await DecodeAsync(hostile, old);
                if (hostile.AsSpan(32, 64).SequenceEqual(container.AsSpan(32, 64))) Assert.Equal(fresh, decoded);
            }
            catch (DeltaFormatException)
            {
                refused++;
            }
        }
        Assert.True(refused > 3000, $"{refused}");
    }
}
