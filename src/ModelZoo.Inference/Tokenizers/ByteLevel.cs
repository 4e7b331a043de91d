using System.Text;
using ModelZoo.Inference.Unicode;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>GPT-2's alphabet (openai/gpt-2, encoder.py, bytes_to_unicode): visible bytes stand for themselves, the others for characters from U+0100 on.</summary>
static class ByteLevel
{
    /// <summary>How GPT-2 splits text.</summary>
    public const string Split = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    static readonly char[] s_chars = MakeChars();
    static readonly Dictionary<char, byte> s_bytes = s_chars.Select((c, b) => (c, b)).ToDictionary(pair => pair.c, pair => (byte)pair.b);

    public static char CharOf(byte value) => s_chars[value];

    public static bool TryGetByte(char c, out byte value) => s_bytes.TryGetValue(c, out value);

    public static void Append(TextBuffer from, int start, int end, TextBuffer to)
    {
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = start; i < end;)
        {
            var c = from[i];
            if (c < 128)
            {
                to.Append(s_chars[c], from, i++);
                continue;
            }
            var point = CodePoints.At(from.Text[..end], i, out var length);
            var rune = Rune.TryCreate(point, out var valid) ? valid : Rune.ReplacementChar;
            var count = rune.EncodeToUtf8(utf8);
            foreach (var b in utf8[..count]) to.Append(s_chars[b], from, i);
            i += length;
        }
    }

    static char[] MakeChars()
    {
        var chars = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++) chars[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)b : (char)next++;
        return chars;
    }
}
