using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace ModelZoo.Evaluation.Data.Parquet;

/// <summary>One value of a column as rows hold it: text, long, double, bool or bytes; dates and times as ISO 8601 texts.</summary>
static class CellValue
{
    public static object Of(Array values, int index, ParquetNode leaf) => values switch
    {
        bool[] truths => truths[index],
        int[] numbers when leaf.Meaning == Meaning.Date => Moments.Day(numbers[index]),
        int[] numbers when leaf.Meaning == Meaning.Unsigned => (long)(uint)numbers[index],
        int[] numbers when leaf.Meaning == Meaning.Decimal => numbers[index] / Math.Pow(10, leaf.Scale),
        int[] numbers => (long)numbers[index],
        long[] numbers when leaf.Meaning == Meaning.Decimal => numbers[index] / Math.Pow(10, leaf.Scale),
        long[] numbers when leaf.Meaning is Meaning.Milliseconds or Meaning.Microseconds or Meaning.Nanoseconds => Moments.Time(numbers[index], leaf.Meaning - Meaning.Milliseconds + 1),
        long[] numbers when leaf.Meaning == Meaning.Unsigned && numbers[index] < 0 => (double)(ulong)numbers[index],
        long[] numbers => numbers[index],
        float[] numbers => (double)numbers[index],
        double[] numbers => numbers[index],
        ReadOnlyMemory<byte>[] pieces => OfBytes(pieces[index], leaf),
        _ => throw new InvalidOperationException(),
    };

    static object OfBytes(ReadOnlyMemory<byte> bytes, ParquetNode leaf) => (leaf.Type, leaf.Meaning) switch
    {
        (_, Meaning.Text) => Encoding.UTF8.GetString(bytes.Span),
        (_, Meaning.Decimal) => (double)new BigInteger(bytes.Span, isUnsigned: false, isBigEndian: true) / Math.Pow(10, leaf.Scale),
        (PhysicalType.FixedBytes, Meaning.Half) when bytes.Length == 2 => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes.Span),
        // Nanoseconds of the day, then the Julian day, whose 2440588 is the first of 1970.
        (PhysicalType.Int96, _) => Moments.Time(((long)BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[8..]) - 2440588) * 86_400_000_000 + BinaryPrimitives.ReadInt64LittleEndian(bytes.Span) / 1000, unit: 2),
        // A copy, so that one picture does not keep its whole page.
        _ => new ReadOnlyMemory<byte>(bytes.ToArray()),
    };
}
