using System.Text;
using ModelZoo.Client;
using ModelZoo.Xet;

namespace ModelZoo.Fuzz.Targets;

/// <summary>How a hub says that a file is put together, as our client reads it.</summary>
sealed class ReconstructionTarget : FuzzTarget
{
    public override string Name => "reconstruction";

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        for (var i = 0; i < 20; i++)
        {
            var xorb = XorbTarget.Make(random);
            var (hash, index) = (xorb.Hash, xorb.Index);
            var terms = string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => $$$"""{"hash":"{{{hash}}}","unpacked_length":{{{index.ContentLength}}},"range":{"start":0,"end":{{{index.Count}}}}}"""));
            yield return Encoding.UTF8.GetBytes($$$"""
                {"offset_into_first_range":0,"terms":[{{{terms}}}],"fetch_info":{"{{{hash}}}":[{"range":{"start":0,"end":{{{index.Count}}}},"url":"http://x/y?z=1","url_range":{"start":0,"end":{{{index.StoredLength - 1}}}}}]}}
                """);
        }
    }

    public override string Run(ReadOnlyMemory<byte> input)
    {
        var answer = ReconstructionAnswer.Parse(input.Span);
        foreach (var term in answer.Terms)
            if (term.Chunks.Count <= 0 || term.Length <= 0) throw new InvalidOperationException("a term without chunks");
        foreach (var fetch in answer.Fetches)
            if (fetch.Bytes.Length <= 0 || fetch.Chunks.Count <= 0) throw new InvalidOperationException("a fetch of nothing");
        return $"{Math.Min(answer.Terms.Count, 4)} terms, {Math.Min(answer.Fetches.Count, 4)} fetches";
    }

    public override bool IsRefusal(Exception error) => error is XetFormatException;
}
