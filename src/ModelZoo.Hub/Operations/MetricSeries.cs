using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace ModelZoo.Hub.Operations;

/// <summary>What one instrument measured so far, by its labels.</summary>
sealed class MetricSeries(Instrument instrument, MetricKind kind, double[] bounds)
{
    /// <summary>More combinations of labels than this are not kept: a client must not be able to fill the memory.</summary>
    const int MaxSeries = 2_000;

    readonly ConcurrentDictionary<string, Point> _points = new(StringComparer.Ordinal);

    public Instrument Instrument => instrument;

    public MetricKind Kind => kind;

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Span<char> buffer = stackalloc char[512];
        var labels = Labels(tags, buffer);
        var lookup = _points.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(labels, out var point))
        {
            if (_points.Count >= MaxSeries) return;
            point = _points.GetOrAdd(labels.ToString(), _ => new(bounds.Length + 1));
        }
        lock (point)
        {
            point.Count++;
            if (kind == MetricKind.Last) point.Sum = value;
            else point.Sum += value;
            if (kind == MetricKind.Histogram) point.Buckets[Bucket(value)]++;
        }
    }

    /// <summary>Forgets gauges before they are read anew, so that what is gone is not shown for ever.</summary>
    public void BeforeReading()
    {
        if (kind == MetricKind.Last) _points.Clear();
    }

    public void Write(StringBuilder text, string name)
    {
        foreach (var (labels, point) in _points.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            lock (point)
            {
                if (kind != MetricKind.Histogram)
                {
                    Line(text, name, "", labels, null, point.Sum);
                    continue;
                }
                long running = 0;
                for (var i = 0; i < bounds.Length; i++) Line(text, name, "_bucket", labels, Number(bounds[i]), running += point.Buckets[i]);
                Line(text, name, "_bucket", labels, "+Inf", point.Count);
                Line(text, name, "_sum", labels, null, point.Sum);
                Line(text, name, "_count", labels, null, point.Count);
            }
    }

    static void Line(StringBuilder text, string name, string suffix, string labels, string? le, double value)
    {
        text.Append(name).Append(suffix);
        if (labels.Length > 0 || le is not null)
        {
            text.Append('{').Append(labels);
            if (le is not null) text.Append(labels.Length > 0 ? "," : "").Append("le=\"").Append(le).Append('"');
            text.Append('}');
        }
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    int Bucket(double value)
    {
        var at = Array.BinarySearch(bounds, value);
        return at >= 0 ? at : ~at;
    }

    /// <summary>`a="x",b="y"` in the exposition format's escaping; labels that would not fit are left out.</summary>
    static ReadOnlySpan<char> Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags, Span<char> buffer)
    {
        var length = 0;
        foreach (var (key, value) in tags)
        {
            if (Name(key) is not { } label || value is null) continue;
            var text = value as string ?? Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            if (length + label.Length + 2 * text.Length + 4 > buffer.Length) continue;
            if (length > 0) buffer[length++] = ',';
            label.CopyTo(buffer[length..]);
            length += label.Length;
            buffer[length++] = '=';
            buffer[length++] = '"';
            foreach (var c in text)
            {
                if (c is '\\' or '"' or '\n') buffer[length++] = '\\';
                buffer[length++] = c == '\n' ? 'n' : c;
            }
            buffer[length++] = '"';
        }
        return buffer[..length];
    }

    /// <summary>Labels that tell something; the rest of what the framework adds (scheme, protocol version) only multiplies series.</summary>
    static string? Name(string key) => key switch
    {
        "http.request.method" => "method",
        "http.response.status_code" => "status",
        "http.route" => "route",
        "error.type" => "error",
        "gc.heap.generation" => "generation",
        "cpu.mode" => "mode",
        "url.scheme" or "network.protocol.name" or "network.protocol.version" or "network.transport" or "network.type" or "server.address" or "server.port" => null,
        _ => key.Replace('.', '_'),
    };

    sealed class Point(int buckets)
    {
        public readonly long[] Buckets = new long[buckets];
        public long Count;
        public double Sum;
    }
}

/// <summary>How measurements of an instrument add up.</summary>
enum MetricKind { Sum, Last, Histogram }
