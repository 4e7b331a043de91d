namespace ModelZoo.Evaluation.Metrics.Texts;

/// <summary>Edit distances of word sequences of one length to a reference, within a beam around the diagonal, and the alignment of the last one.</summary>
sealed class TerGrid
{
    const int Beam = 25;

    /// <summary>Most cells; longer pairs are refused rather than waited for.</summary>
    const long MaxCells = 1L << 26;

    const int Far = int.MaxValue / 2;

    readonly int[] _reference;
    readonly int _rows, _columns;
    readonly int[] _cost;
    readonly byte[] _step;
    readonly int[] _words;
    bool _started;

    enum Step : byte { None, Keep, Replace, Insert, Delete }

    public TerGrid(int[] reference, int length)
    {
        (_reference, _rows, _columns) = (reference, length + 1, reference.Length + 1);
        if ((long)_rows * _columns > MaxCells) throw new EvaluationException($"TER of texts of {length} and {reference.Length} words is not computed.");
        (_cost, _step, _words) = (new int[_rows * _columns], new byte[_rows * _columns], new int[length]);
        for (var j = 0; j < _columns; j++) (_cost[j], _step[j]) = (j, (byte)Step.Insert);
    }

    public int Distance(ReadOnlySpan<int> words)
    {
        // Rows above the first word that changed stand as they were.
        var same = 0;
        if (_started) while (same < words.Length && words[same] == _words[same]) same++;
        words.CopyTo(_words);
        _started = true;
        var ratio = words.Length > 0 ? (double)_reference.Length / words.Length : 1;
        var beam = Beam < ratio / 2 ? (int)Math.Ceiling(ratio / 2 + Beam) : Beam;
        for (var i = same + 1; i < _rows; i++)
        {
            var diagonal = (int)Math.Floor(i * ratio);
            var (from, to) = (Math.Max(0, diagonal - beam), i == _rows - 1 ? _columns : Math.Min(_columns, diagonal + beam));
            var row = i * _columns;
            Array.Fill(_cost, Far, row, _columns);
            for (var j = from; j < to; j++)
            {
                var above = row - _columns + j;
                if (j == 0)
                {
                    (_cost[row], _step[row]) = (_cost[above] + 1, (byte)Step.Delete);
                    continue;
                }
                var equal = words[i - 1] == _reference[j - 1];
                var (cost, step) = (_cost[above - 1] + (equal ? 0 : 1), equal ? Step.Keep : Step.Replace);
                if (_cost[above] + 1 < cost) (cost, step) = (_cost[above] + 1, Step.Delete);
                if (_cost[row + j - 1] + 1 < cost) (cost, step) = (_cost[row + j - 1] + 1, Step.Insert);
                if (cost < Far) (_cost[row + j], _step[row + j]) = (cost, (byte)step);
            }
        }
        return _cost[^1];
    }

    /// <summary>Of the sequence measured last: for each reference word the place in the sequence, and which of both stand wrong.</summary>
    public (int[] Places, bool[] ReferenceErrors, bool[] WordErrors) Align()
    {
        var (places, referenceErrors, wordErrors) = (new int[_reference.Length], new bool[_reference.Length], new bool[_words.Length]);
        for (var (i, j) = (_rows - 1, _columns - 1); i > 0 || j > 0;)
        {
            switch ((Step)_step[i * _columns + j])
            {
                case Step.Keep or Step.Replace:
                    var wrong = _words[--i] != _reference[--j];
                    (places[j], referenceErrors[j], wordErrors[i]) = (i, wrong, wrong);
                    break;
                case Step.Insert:
                    j--;
                    (places[j], referenceErrors[j]) = (i - 1, true);
                    break;
                default:
                    wordErrors[--i] = true;
                    break;
            }
        }
        return (places, referenceErrors, wordErrors);
    }
}
