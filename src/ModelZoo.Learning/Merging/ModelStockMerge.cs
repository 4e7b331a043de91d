namespace ModelZoo.Learning.Merging;

/// <summary>b + t·mean δ, t from the mean cosine between differences; for each row where asked.</summary>
sealed class ModelStockMerge(int inputs, long rowElements) : TensorMerge
{
    double[] _parts = [];

    public override async ValueTask PrepareAsync(TensorBlocks blocks, CancellationToken stop)
    {
        var rows = (int)(blocks.Elements / rowElements);
        _parts = new double[rows];
        var products = new double[inputs * inputs];
        var row = 0;
        long inRow = 0;
        await blocks.VisitAsync((_, count) =>
        {
            var b = blocks.Values[inputs];
            for (var from = 0; from < count;)
            {
                var until = (int)Math.Min(count, from + rowElements - inRow);
                for (var i = 0; i < inputs; i++)
                for (var j = i; j < inputs; j++)
                {
                    var sum = products[i * inputs + j];
                    for (var e = from; e < until; e++) sum += (blocks.Values[i][e] - b[e]) * (blocks.Values[j][e] - b[e]);
                    products[i * inputs + j] = sum;
                }
                inRow += until - from;
                from = until;
                if (inRow < rowElements) continue;
                _parts[row++] = Part(products);
                Array.Clear(products);
                inRow = 0;
            }
        }, stop);
    }

    double Part(double[] products)
    {
        var sum = 0.0;
        for (var i = 0; i < inputs; i++)
            for (var j = i + 1; j < inputs; j++)
            {
                var norms = Math.Sqrt(products[i * inputs + i]) * Math.Sqrt(products[j * inputs + j]);
                sum += norms > 0 ? products[i * inputs + j] / norms : 0;
            }
        var cosine = sum / (inputs * (inputs - 1) / 2.0);
        var below = 1 + (inputs - 1) * cosine;
        return below != 0 ? inputs * cosine / below : 0;
    }

    public override void Combine(long first, int count, double[][] values, Span<double> result)
    {
        var b = values[inputs];
        for (var e = 0; e < count; e++)
        {
            var sum = 0.0;
            for (var i = 0; i < inputs; i++) sum += values[i][e] - b[e];
            result[e] = b[e] + _parts[(first + e) / rowElements] * (sum / inputs);
        }
    }
}
