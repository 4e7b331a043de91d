using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Operations;

/// <summary>Listens to the meters of the hub, the web server and the runtime, and says what they measured as Prometheus text (format 0.0.4).</summary>
sealed class MetricCollector : IDisposable
{
    /// <summary>Of OpenTelemetry's http.server.request.duration, with one more for long transfers (semantic conventions 1.23).</summary>
    static readonly double[] s_seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 60];

    /// <summary>A call of the database takes tens of microseconds when all is well.</summary>
    static readonly double[] s_shortSeconds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];

    static readonly HashSet<string> s_meters = [ZooMeter.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    readonly ConcurrentDictionary<Instrument, MetricSeries> _series = new();
    readonly MeterListener _listener = new();
    readonly Lock _reading = new();

    public MetricCollector()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (s_meters.Contains(instrument.Meter.Name)) listener.EnableMeasurementEvents(instrument, _series.GetOrAdd(instrument, Make));
        };
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => ((MetricSeries)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, state) => ((MetricSeries)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => ((MetricSeries)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => ((MetricSeries)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<short>((_, value, tags, state) => ((MetricSeries)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<byte>((_, value, tags, state) => ((MetricSeries)state!).Record(value, tags));
        _listener.Start();
    }

    public string Read()
    {
        lock (_reading)
        {
            foreach (var series in _series.Values)
                if (series.Instrument.IsObservable) series.BeforeReading();
            _listener.RecordObservableInstruments();
            var text = new StringBuilder();
            foreach (var group in _series.Values.GroupBy(Name).OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                var first = group.First();
                if (first.Instrument.Description is { Length: > 0 } description)
                    text.Append("# HELP ").Append(group.Key).Append(' ').Append(description.Replace("\\", "\\\\").ReplaceLineEndings(" ")).Append('\n');
                text.Append("# TYPE ").Append(group.Key).Append(' ').Append(Type(first)).Append('\n');
                foreach (var series in group) series.Write(text, group.Key);
            }
            return text.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

    static MetricSeries Make(Instrument instrument)
    {
        var kind = Generic(instrument) switch
        {
            var type when type == typeof(Histogram<>) => MetricKind.Histogram,
            var type when type == typeof(Counter<>) || type == typeof(UpDownCounter<>) => MetricKind.Sum,
            _ => MetricKind.Last,
        };
        return new(instrument, kind, kind != MetricKind.Histogram ? [] : instrument.Name.StartsWith("zoo.database", StringComparison.Ordinal) ? s_shortSeconds : s_seconds);
    }

    static string Type(MetricSeries series) => Generic(series.Instrument) switch
    {
        _ when series.Kind == MetricKind.Histogram => "histogram",
        var type when type == typeof(Counter<>) || type == typeof(ObservableCounter<>) => "counter",
        _ => "gauge",
    };

    /// <summary>zoo.blob.stored in By: zoo_blob_stored_bytes_total.</summary>
    static string Name(MetricSeries series)
    {
        var name = series.Instrument.Name.Replace('.', '_').Replace('-', '_');
        var unit = series.Instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        if (!name.EndsWith(unit, StringComparison.Ordinal)) name += unit;
        return Type(series) == "counter" && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    static Type Generic(Instrument instrument) => instrument.GetType().GetGenericTypeDefinition();
}
