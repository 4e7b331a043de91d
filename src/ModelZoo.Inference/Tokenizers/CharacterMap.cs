using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ModelZoo.Inference.Unicode;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>
/// SentencePiece's compiled character map: a Darts double-array trie (s-yata/darts-clone) over UTF-8, whose values are places in a list of replacements that end
/// in zero. Applied as Hugging Face's tokenizers does: by grapheme where it has below six bytes, else by character; of several prefixes in the trie the shortest counts.
/// </summary>
sealed class CharacterMap : Normalizer
{
    const int MaxBytes = 16 << 20;

    readonly uint[] _trie;
    readonly byte[] _replacements;

    public CharacterMap(ReadOnlySpan<byte> map)
    {
        if (map.Length is < 4 or > MaxBytes) throw Bad();
        var size = BinaryPrimitives.ReadUInt32LittleEndian(map);
        if (size % 4 != 0 || size > map.Length - 4) throw Bad();
        _trie = new uint[size / 4];
        for (var i = 0; i < _trie.Length; i++) _trie[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[(4 + (4 * i))..]);
        _replacements = map[(4 + (int)size)..].ToArray();
        if (_trie.Length == 0) throw Bad();
    }

    public override bool Apply(TextBuffer from, TextBuffer to)
    {
        var text = from.Text;
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < text.Length;)
        {
            // Two plain characters in a row are two graphemes, but for the pair CR LF.
            var length = text[i] < 128 && (i + 1 == text.Length || text[i + 1] < 128) && text[i] != '\r' ? 1 : StringInfo.GetNextTextElementLength(text[i..]);
            if (Encoding.UTF8.GetByteCount(text.Slice(i, length)) < 6 && Find(text.Slice(i, length)) is { } whole) Replace(from, i, length, whole, to);
            else
            {
                for (var at = i; at < i + length;)
                {
                    CodePoints.At(text, at, out var width);
                    if (Find(text.Slice(at, width)) is { } part) Replace(from, at, width, part, to);
                    else to.Copy(from, at, at + width);
                    at += width;
                }
            }
            i += length;
        }
        return true;
    }

    static void Replace(TextBuffer from, int start, int length, string replacement, TextBuffer to)
    {
        var origin = start;
        foreach (var c in replacement)
        {
            to.Append(c, from, Math.Min(origin, start + length - 1));
            origin++;
        }
    }

    string? Find(ReadOnlySpan<char> chunk)
    {
        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetMaxByteCount(chunk.Length)];
        bytes = bytes[..Encoding.UTF8.GetBytes(chunk, bytes)];
        var node = Offset(_trie[0]);
        foreach (var b in bytes)
        {
            if (b == 0) return null;
            node ^= b;
            if (node >= _trie.Length) return null;
            var unit = _trie[node];
            if ((unit & 0x8000_00FF) != b) return null;
            node ^= Offset(unit);
            if ((unit >> 8 & 1) == 0) continue;
            return node < _trie.Length ? Text((int)(_trie[node] & 0x7FFF_FFFF)) : null;
        }
        return null;

        static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1 << 9)) >> 6);
    }

    string? Text(int start)
    {
        if (start >= _replacements.Length) return null;
        var end = _replacements.AsSpan(start).IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? _replacements.AsSpan(start) : _replacements.AsSpan(start, end));
    }

    static InferenceException Bad() => new(InferenceFault.Model, "The tokenizer's compiled character map is broken.");
}
