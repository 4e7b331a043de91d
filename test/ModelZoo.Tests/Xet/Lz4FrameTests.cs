using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Xet;

namespace ModelZoo.Tests.Xet;

public sealed class Lz4FrameTests
{
    const string Tool = "/usr/bin/lz4";

    [Fact]
    public void What_is_written_is_read_back() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var content = Content(new Random(seed));
            return Decode(Encode(content), content.Length).AsSpan().SequenceEqual(content);
        }));

    [Fact]
    public void Repetition_is_found_and_noise_is_stored()
    {
        Assert.True(Encode(new byte[131072]).Length < 700);
        var text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(i => $"layer.{i % 97}.weight ")));
        Assert.True(Encode(text).Length < text.Length / 4);
        Assert.Equal(100_000 + 7 + 4 + 4, Encode(Made.Random(100_000)).Length);
    }

    [Fact]
    public async Task The_lz4_program_reads_what_we_write()
    {
        Assert.SkipUnless(File.Exists(Tool), $"{Tool} is absent (apt-get install lz4).");
        var random = new Random(8);
        for (var i = 0; i < 25; i++)
        {
            var content = Content(random);
            Assert.Equal(content, await PipeAsync("-d -c", Encode(content)));
        }
    }

    [Theory]
    [InlineData("-1 -B4")]
    [InlineData("-1 -B5 -BX --content-size")]
    [InlineData("-9 -B4 -BD")]
    [InlineData("-9 -B4 -BD -BX --content-size")]
    [InlineData("-12 -B7 --no-frame-crc")]
    [InlineData("--fast=9 -B4 -BD --no-frame-crc")]
    public async Task What_the_lz4_program_writes_is_read(string options)
    {
        Assert.SkipUnless(File.Exists(Tool), $"{Tool} is absent (apt-get install lz4).");
        var random = new Random(options.Length);
        byte[][] contents = [.. Enumerable.Range(0, 8).Select(_ => Content(random)), Made.Weights(700_000), [.. Made.Random(70_000), .. Made.Random(70_000), .. new byte[200_000]]];
        foreach (var content in contents)
        {
            // The tool takes the size for the header from a file only.
            var file = Path.GetTempFileName();
            await File.WriteAllBytesAsync(file, content);
            var frame = await PipeAsync($"{options} -c {file}", []);
            File.Delete(file);
            Assert.Equal(content, Decode(frame, content.Length));
            // Every byte counts: a flipped one is refused, or at least never gives anything else than the declared length.
            for (var i = 0; i < 40; i++)
            {
                var broken = (byte[])frame.Clone();
                broken[random.Next(broken.Length)] ^= (byte)(1 << random.Next(8));
                Refusal(() => Decode(broken, content.Length));
            }
        }
    }

    [Fact]
    public void Lies_about_the_length_are_refused()
    {
        var frame = Encode(new byte[1000]);
        Assert.Throws<XetFormatException>(() => Decode(frame, 999));
        Assert.Throws<XetFormatException>(() => Decode(frame, 1001));
        Assert.Throws<XetFormatException>(() => Decode(frame, 0));
        Assert.Throws<XetFormatException>(() => Decode([.. frame, 0], 1000));
        for (var length = 0; length < frame.Length; length++) Assert.Throws<XetFormatException>(() => Decode(frame[..length], 1000));
    }

    [Fact]
    public void A_bomb_stops_at_the_declared_length()
    {
        // One literal, then a match whose length runs on in 255s: 4 MiB from 16 KiB.
        byte[] block = [0x1F, 7, 1, 0, .. Enumerable.Repeat((byte)255, 16_000), 0, 0x50, 1, 2, 3, 4, 5];
        Assert.Throws<XetFormatException>(() => Decode(Frame(block), 131072));
        Assert.Throws<XetFormatException>(() => Decode(Frame([0xFF, .. Enumerable.Repeat((byte)255, 60_000)]), 131072));
    }

    [Fact]
    public void Copies_from_before_the_start_are_refused()
    {
        Assert.Throws<XetFormatException>(() => Decode(Frame([0x10, 7, 2, 0, 0x50, 1, 2, 3, 4, 5]), 10));
        Assert.Throws<XetFormatException>(() => Decode(Frame([0x10, 7, 0, 0, 0x50, 1, 2, 3, 4, 5]), 10));
        Assert.Equal([7, 7, 7, 7, 7, 1, 2, 3, 4, 5], Decode(Frame([0x10, 7, 1, 0, 0x50, 1, 2, 3, 4, 5]), 10));
    }

    [Fact]
    public void Independent_blocks_do_not_see_each_other_and_linked_ones_do()
    {
        byte[] first = [0x80, 1, 2, 3, 4, 5, 6, 7, 8], second = [0x00, 8, 0, 0x50, 9, 9, 9, 9, 9];
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 9, 9, 9, 9, 9], Decode(Frame(0x40, first, second), 17));
        Assert.Throws<XetFormatException>(() => Decode(Frame(0x60, first, second), 17));
    }

    [Theory]
    [InlineData(0x61)] // a dictionary
    [InlineData(0x62)] // a reserved bit
    [InlineData(0xA0)] // version 2
    public void Frames_of_other_kinds_are_refused(byte flags) => Assert.Throws<XetFormatException>(() => Decode(Frame(flags, [0x50, 1, 2, 3, 4, 5]), 5));

    static void Refusal(Action action)
    {
        try { action(); }
        catch (XetFormatException) { }
    }

    static byte[] Frame(byte[] block) => Frame(0x60, block);

    static byte[] Frame(byte flags, params byte[][] blocks)
    {
        byte[] descriptor = [flags, 0x40];
        var frame = new List<byte> { 0x04, 0x22, 0x4d, 0x18 };
        frame.AddRange(descriptor);
        frame.Add((byte)(XxHash32.Of(descriptor) >> 8));
        var word = new byte[4];
        foreach (var block in blocks)
        {
            BinaryPrimitives.WriteInt32LittleEndian(word, block.Length);
            frame.AddRange([.. word, .. block]);
        }
        frame.AddRange([0, 0, 0, 0]);
        return [.. frame];
    }

    static byte[] Content(Random random)
    {
        var length = random.Next(4) switch { 0 => random.Next(0, 40), 1 => random.Next(0, 3000), 2 => random.Next(60_000, 70_000), _ => random.Next(0, 300_000) };
        var content = new byte[length];
        // Runs, noise and repetition from near and far, in turn.
        for (var at = 0; at < length;)
        {
            var piece = content.AsSpan(at, Math.Min(length - at, 1 + random.Next(1 << random.Next(1, 14))));
            switch (random.Next(3))
            {
                case 0: piece.Fill((byte)random.Next(256)); break;
                case 1: random.NextBytes(piece); break;
                default:
                    if (at == 0) break;
                    var back = 1 + random.Next(Math.Min(at, 1 << random.Next(1, 18)));
                    for (var i = 0; i < piece.Length; i++) piece[i] = content[at + i - back];
                    break;
            }
            at += piece.Length;
        }
        return content;
    }

    static byte[] Encode(byte[] content)
    {
        var frame = new byte[Lz4Frame.MaxEncodedBytes(content.Length)];
        return frame[..Lz4Frame.Encode(content, frame)];
    }

    /// <summary>Into a buffer with a guard on both sides.</summary>
    static byte[] Decode(byte[] frame, int length)
    {
        var buffer = new byte[length + 128];
        buffer.AsSpan().Fill(0xA5);
        try
        {
            Lz4Frame.Decode(frame, buffer.AsSpan(64, length));
        }
        finally
        {
            Assert.False(buffer.AsSpan(0, 64).ContainsAnyExcept((byte)0xA5) || buffer.AsSpan(64 + length).ContainsAnyExcept((byte)0xA5), "The decoder wrote outside its room.");
        }
        return buffer[64..(64 + length)];
    }

    static async Task<byte[]> PipeAsync(string arguments, byte[] input)
    {
        using var process = Process.Start(new ProcessStartInfo(Tool, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var output = new MemoryStream();
        var reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        await process.StandardInput.BaseStream.WriteAsync(input);
        process.StandardInput.Close();
        await reading;
        var words = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, words);
        return output.ToArray();
    }
}
