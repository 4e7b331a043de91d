using System.Diagnostics;
using System.Text.RegularExpressions;

namespace ModelZoo.Fuzz;

/// <summary>What came of a run.</summary>
sealed record FuzzReport(long Inputs, int Shapes, string? Failure, byte[]? FailingInput);

/// <summary>
/// Runs one target for a while on one thread. The corpus begins with valid inputs and grows by those that behaved in a new way:
/// a refusal in other words, or a result of another shape. The same seed makes the same inputs in the same order.
/// </summary>
sealed partial class FuzzRun(FuzzTarget target, int seed)
{
    const int MaxCorpus = 4_000;

    readonly Random _random = new(seed);
    readonly List<byte[]> _corpus = [];
    readonly HashSet<string> _shapes = [];

    public FuzzReport Run(TimeSpan duration)
    {
        foreach (var input in target.Seeds(_random))
        {
            _corpus.Add(input);
            if (Try(input) is { } failure) return new(_corpus.Count, _shapes.Count, failure, input);
        }
        var clock = Stopwatch.StartNew();
        long inputs = _corpus.Count;
        for (; clock.Elapsed < duration; inputs++)
        {
            var input = Next();
            if (Try(input) is { } failure) return new(inputs, _shapes.Count, failure, input);
        }
        return new(inputs, _shapes.Count, null, null);
    }

    byte[] Next()
    {
        if (_random.Next(8) == 0 && target.Generate(_random) is { } made) return made;
        // The newest half the time: what just behaved in a new way is worth most.
        var parent = _random.Next(2) == 0 ? _corpus[_random.Next(_corpus.Count)] : _corpus[^(1 + _random.Next(Math.Min(32, _corpus.Count)))];
        var input = Mutation.Of(parent, _corpus, _random);
        if (_random.Next(2) == 0) target.Mend(input);
        return input;
    }

    /// <returns>What is wrong; null when the target behaved.</returns>
    string? Try(byte[] input)
    {
        var began = Stopwatch.GetTimestamp();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        string shape;
        try
        {
            shape = target.Run(input);
        }
        catch (Exception error) when (target.IsRefusal(error))
        {
            shape = $"{error.GetType().Name}: {Numbers().Replace(error.Message, "#")}";
        }
        catch (Exception error)
        {
            return $"threw what it does not document: {error}";
        }
        var took = Stopwatch.GetElapsedTime(began);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        if (took > target.MaxTime) return $"took {took.TotalSeconds:F1} s";
        if (allocated > target.MaxAllocated + input.Length * target.BytesPerInputByte) return $"allocated {allocated} bytes";
        if (_shapes.Add(shape) && _corpus.Count < MaxCorpus) _corpus.Add(input);
        return null;
    }

    [GeneratedRegex(@"[0-9a-f]{40}|[0-9]+|'[^']*'")]
    private static partial Regex Numbers();
}
