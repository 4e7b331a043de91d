using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Data;
using ModelZoo.Hub.Populations.FineTuning;

namespace ModelZoo.Cli.FineTuning;

/// <summary>One sample before it is prepared: a text with its pair, or a picture; and what it is.</summary>
/// <param name="Label">The class as the data names it, or the number of regression.</param>
/// <param name="Key">Digest of the content: equal samples have equal keys.</param>
sealed record TuningRow(string? Text, string? Pair, object? Picture, object Label, UInt128 Key);

/// <summary>The rows of the three splits, as the dataset has them or held out of the training rows by the digest of their content.</summary>
/// <param name="Remarks">What was held out or left out.</param>
/// <param name="Digest">Of the files that were read.</param>
/// <param name="Columns">Which columns were taken.</param>
sealed record TuningRows(IReadOnlyList<TuningRow> Train, IReadOnlyList<TuningRow> Validation, IReadOnlyList<TuningRow> Test, IReadOnlyList<string> Remarks, string Digest, string Columns, bool HasOwnTest)
{
    public static async Task<TuningRows> ReadAsync(FineTunePlan plan, bool isText, CancellationToken stop)
    {
        var limits = DataLimits.Default with { MaxRows = 20_000_000 };
        using var single = File.Exists(plan.DataPath) ? new SingleFile(plan.DataPath) : null;
        var folder = new DatasetFolder(single?.Folder ?? plan.DataPath, limits);
        // A file by itself is what one trains on, whatever it is called.
        var train = folder.Get(new(plan.TrainSplit, plan.Config, single is null ? null : [Path.GetFileName(plan.DataPath)]));
        var (validation, test) = single is null ? (Find(folder, plan.ValidationSplit, plan.Config), Find(folder, plan.TestSplit, plan.Config)) : (null, null);
        var columns = new ColumnChoice();
        var remarks = new List<string>();
        var (trainRows, validationRows, testRows) = (Read(train, plan, isText, columns, stop), Read(validation, plan, isText, columns, stop), Read(test, plan, isText, columns, stop));
        if (trainRows.Count == 0) throw new EvaluationException($"The split '{plan.TrainSplit}' has no rows.");
        var ownTest = testRows.Count > 0;
        if (!ownTest)
        {
            (testRows, trainRows) = HoldOut(trainRows, plan.TestShare, offset: 0);
            remarks.Add($"The dataset has no split '{plan.TestSplit}': {testRows.Count} training rows are held out for it by the digest of their content.");
        }
        trainRows = Without(trainRows, testRows, "test", remarks);
        if (validationRows.Count == 0)
        {
            (validationRows, trainRows) = HoldOut(trainRows, plan.ValidationShare, offset: ownTest ? 0 : plan.TestShare);
            remarks.Add($"The dataset has no split '{plan.ValidationSplit}': {validationRows.Count} training rows are held out for it by the digest of their content.");
        }
        else
        {
            validationRows = Without(validationRows, testRows, "test", remarks);
            trainRows = Without(trainRows, validationRows, "validation", remarks);
        }
        if (plan.Limit is { } most && trainRows.Count > most)
        {
            remarks.Add($"Of {trainRows.Count} training rows, the {most} with the smallest digests are used.");
            trainRows = [.. trainRows.Select((row, at) => (row, at)).OrderBy(each => each.row.Key).ThenBy(each => each.at).Take(most).OrderBy(each => each.at).Select(each => each.row)];
        }
        var digest = await FileDigests.OfAsync(new[] { train, validation, test }.OfType<DatasetSplit>().SelectMany(split => split.Files).Select(file => (file.Path, file.FullPath)), stop);
        return new(trainRows, validationRows, testRows, remarks, digest, $"{columns.Input}{(columns.Pair is { } pair ? $" and {pair}" : "")} → {columns.Label}", ownTest);
    }

    static DatasetSplit? Find(DatasetFolder folder, string split, string? config)
    {
        try
        {
            return folder.Get(new(split, config));
        }
        catch (EvaluationException)
        {
            return null;        // a dataset need not have one; that it has training rows was seen before
        }
    }

    static List<TuningRow> Read(DatasetSplit? split, FineTunePlan plan, bool isText, ColumnChoice columns, CancellationToken stop)
    {
        var rows = new List<TuningRow>();
        if (split is null) return rows;
        foreach (var document in split.Read(stop))
        {
            var fields = document.Fields;
            columns.Choose(fields, plan, isText);
            if (fields.GetValueOrDefault(columns.Label!) is not { } label) throw new EvaluationException($"Row {document.Id} of '{split.Name}' has no '{columns.Label}'.");
            if (label is not (string or long or double or bool)) throw new EvaluationException($"'{columns.Label}' of row {document.Id} of '{split.Name}' is neither a text nor a number: one label for each row is learned.");
            var input = fields.GetValueOrDefault(columns.Input!);
            if (isText)
            {
                if (input is not string text) throw new EvaluationException($"'{columns.Input}' of row {document.Id} of '{split.Name}' is no text.");
                var pair = columns.Pair is { } second ? fields.GetValueOrDefault(second) as string ?? "" : null;
                rows.Add(new(text, pair, null, label, KeyOf(Encoding.UTF8.GetBytes(pair is null ? text : $"{text}\0{pair}"))));
            }
            else rows.Add(new(null, null, input, label, KeyOf(input switch
            {
                ReadOnlyMemory<byte> bytes => bytes.Span,
                NumberArray numbers => MemoryMarshal.AsBytes(numbers.Values.Span),
                _ => throw new EvaluationException($"'{columns.Input}' of row {document.Id} of '{split.Name}' is no picture."),
            })));
        }
        return rows;
    }

    /// <summary>Rows whose digest falls into a share of all digests; equal rows go the same way.</summary>
    static (List<TuningRow> Held, List<TuningRow> Left) HoldOut(List<TuningRow> rows, double share, double offset)
    {
        var (held, rest) = (new List<TuningRow>(), new List<TuningRow>());
        foreach (var row in rows)
        {
            // With an offset, the shares are of what an earlier one left: its digests lie above it.
            var place = (double)(ulong)(row.Key >> 64) / ulong.MaxValue;
            (place >= offset && place < offset + share * (1 - offset) ? held : rest).Add(row);
        }
        return (held, rest);
    }

    static List<TuningRow> Without(List<TuningRow> rows, List<TuningRow> others, string name, List<string> remarks)
    {
        var keys = others.Select(row => row.Key).ToHashSet();
        var kept = rows.FindAll(row => !keys.Contains(row.Key));
        if (kept.Count < rows.Count) remarks.Add($"{rows.Count - kept.Count} rows that the {name} split holds, too, were left out.");
        return kept;
    }

    static UInt128 KeyOf(ReadOnlySpan<byte> content) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(content));

    /// <summary>A class as a word.</summary>
    public static string NameOf(object label) => label switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        double real => real.ToString(CultureInfo.InvariantCulture),
        _ => Convert.ToString(label, CultureInfo.InvariantCulture)!,
    };

    sealed class ColumnChoice
    {
        public string? Input { get; private set; }

        public string? Pair { get; private set; }

        public string? Label { get; private set; }

        public void Choose(IReadOnlyDictionary<string, object?> fields, FineTunePlan plan, bool isText)
        {
            if (Label is not null) return;
            Input = Column(isText ? plan.TextColumn : plan.ImageColumn, isText ? UsualColumns.Texts : UsualColumns.Images, isText ? "text" : "image");
            Pair = !isText ? null : plan.PairColumn is { } named ? Column(named, [], "pair") : plan.TextColumn is null && Input is "sentence1" or "question1" or "premise" ? UsualColumns.Pairs.FirstOrDefault(fields.ContainsKey) : null;
            Label = Column(plan.LabelColumn, UsualColumns.Labels, "label");

            string Column(string? named, IReadOnlyList<string> usual, string what) => named is not null
                ? fields.ContainsKey(named) ? named : throw new EvaluationException($"The data has no column '{named}'; it has {Names()}.")
                : usual.FirstOrDefault(fields.ContainsKey) ?? throw new EvaluationException($"Which column is the {what}? The data has {Names()}; say it with --{what}-column.");

            string Names() => string.Join(", ", fields.Keys.Take(20));
        }
    }

    /// <summary>A folder that shows one file only: what lies beside it is no part of the data.</summary>
    sealed class SingleFile : IDisposable
    {
        public SingleFile(string file) => File.CreateSymbolicLink(Path.Combine(Folder, Path.GetFileName(file)), Path.GetFullPath(file));

        public string Folder { get; } = Directory.CreateTempSubdirectory("zoo-data-").FullName;

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }
}
