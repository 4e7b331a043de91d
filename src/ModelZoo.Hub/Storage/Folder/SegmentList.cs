using System.Buffers;

namespace ModelZoo.Hub.Storage;

/// <summary>The segments of a sequence as the list that one pwritev(2) takes, so that nothing is copied together first.</summary>
static class SegmentList
{
    public static void Fill(List<ReadOnlyMemory<byte>> list, ReadOnlySequence<byte> bytes)
    {
        list.Clear();
        foreach (var segment in bytes)
            if (segment.Length > 0) list.Add(segment);
    }
}
