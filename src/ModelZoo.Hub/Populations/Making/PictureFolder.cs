using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Models;
using ModelZoo.Inference;
using ModelZoo.Inference.Images;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Datasets;
using ModelZoo.Weights;
using Image = ModelZoo.Inference.Images.Image;

namespace ModelZoo.Hub.Populations.Making;

/// <summary>
/// Pictures and their classes out of a data set's folder as the trainer takes them, square, of one size and in memory: NumPy archives (<see cref="ImageArchive"/>),
/// or what Hugging Face's library reads: Parquet and Arrow with a column of pictures, folders of pictures named after their classes, IDX files.
/// </summary>
static class PictureFolder
{
    const int MaxClasses = 256;

    /// <summary>Longest side of a stored picture before it is brought to size.</summary>
    const int MaxStoredSide = 8192;

    static readonly (string Asked, string Name)[] s_splits = [("train", "train"), ("validation", "val"), ("test", "test")];

    /// <param name="mostBytes">Of all splits, one byte a value.</param>
    /// <exception cref="InvalidDataException">The folder holds no training pictures, or not what the trainer takes.</exception>
    public static async Task<ImageSplits> ReadAsync(string path, BlueprintDataset set, long mostBytes, CancellationToken stop)
    {
        try
        {
            return await ImageArchive.FindAsync(new FolderFiles(path), mostBytes, stop) ?? Read(path, set, mostBytes, stop);
        }
        catch (Exception problem) when (problem is EvaluationException or InferenceException or WeightFormatException)
        {
            throw new InvalidDataException(problem.Message, problem);
        }
    }

    static ImageSplits Read(string path, BlueprintDataset set, long mostBytes, CancellationToken stop)
    {
        var folder = new DatasetFolder(path);
        var shape = new PictureShape(set);
        var parts = new List<Part>();
        foreach (var (asked, name) in s_splits)
        {
            if (Find(folder, new(asked, set.ArgText("config")), isNeeded: parts.Count == 0) is not { } split) continue;
            var part = new Part(name, [], []);
            foreach (var row in split.Read(stop))
            {
                var pixels = shape.Read(row, split.Name);
                if ((mostBytes -= pixels.Length) < 0) throw new InvalidDataException("it has more pixels than are trained on at once here.");
                part.Pictures.Add(pixels);
                part.Labels.Add(shape.Label(row, split.Name));
            }
            if (part.Pictures.Count > 0) parts.Add(part);
            else if (parts.Count == 0) throw new InvalidDataException("its training split has no rows.");
        }
        var classes = Classes(parts);
        ImageSet[] sets = [.. parts.Select(part => part.Make(shape, classes))];
        var count = sets.Max(each => each.Labels.Max()) + 1;
        return new(sets[0] with { Classes = count }, [.. sets.Skip(1).Select(each => each with { Classes = count })]);
    }

    /// <summary>A data set needs training pictures, and may have others.</summary>
    static DatasetSplit? Find(DatasetFolder folder, SplitRequest request, bool isNeeded)
    {
        try
        {
            return folder.Get(request);
        }
        catch (EvaluationException) when (!isNeeded)
        {
            return null;
        }
    }

    /// <summary>Classes that are words, numbered in the order of their names; null where they are numbers.</summary>
    static Dictionary<string, byte>? Classes(List<Part> parts)
    {
        if (!parts.Exists(part => part.Labels.Exists(label => label is string))) return null;
        var names = parts[0].Labels.OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return names.Count <= MaxClasses ? names.Select((name, at) => (name, at)).ToDictionary(each => each.name, each => (byte)each.at, StringComparer.Ordinal) : throw new InvalidDataException($"it has more than {MaxClasses} classes.");
    }

    sealed record Part(string Name, List<byte[]> Pictures, List<object> Labels)
    {
        public ImageSet Make(PictureShape shape, Dictionary<string, byte>? classes)
        {
            var pixels = new byte[Pictures.Sum(each => (long)each.Length)];
            for (var (i, at) = (0, 0); i < Pictures.Count; at += Pictures[i++].Length) Pictures[i].CopyTo(pixels, at);
            var labels = Labels.Select(label => label switch
            {
                string word when classes is not null => classes.TryGetValue(word, out var place) ? place : throw new InvalidDataException($"the class '{word}' of '{Name}' is not among those of the training pictures."),
                long and >= 0 and < MaxClasses and var number when classes is null => (byte)number,
                _ => throw new InvalidDataException($"a label of '{Name}' is {label}; classes are words, or numbers from 0 to {MaxClasses - 1}."),
            });
            return new(Name, shape.Side, 0, pixels, [.. labels]) { Full = 255, Channels = shape.Channels };
        }
    }

    /// <summary>Brings pictures to one size: what the blueprint asks for, or what the first one has.</summary>
    sealed class PictureShape(BlueprintDataset set)
    {
        string? _image, _label;

        public int Side { get; private set; } = set.Arg("side") ?? 0;

        public int Channels { get; private set; } = set.Arg("channels") ?? 0;

        /// <summary>[channels, side, side].</summary>
        public byte[] Read(Document row, string split)
        {
            _image ??= Column(row, set.ArgText("image"), UsualColumns.Images, "image");
            var picture = row.Fields.GetValueOrDefault(_image) switch
            {
                NumberArray array => Pixels.ToImage(array),
                ReadOnlyMemory<byte> bytes => Image.Decode(bytes),
                _ => throw Bad("is no picture"),
            };
            if (picture.Width > MaxStoredSide || picture.Height > MaxStoredSide) throw Bad($"has {picture.Width} × {picture.Height} pixels");
            if (Channels == 0) Channels = picture.Channels;
            if (picture.Channels != Channels) picture = set.Arg("channels") is null ? throw Bad("has colours where others are grey, or the other way round; args: { channels: 1 } or { channels: 3 } brings them together") : Channels == 1 ? picture.ToGrey() : picture.ToRgb();
            if (Side == 0) Side = picture.Width == picture.Height && picture.Width <= BlueprintDataset.MaxSide ? picture.Width : throw Bad($"has {picture.Width} × {picture.Height} pixels; args: {{ side: … }} brings pictures to one size, of {BlueprintDataset.MaxSide} at most");
            if (picture.Width != Side || picture.Height != Side) picture = set.Arg("side") is null ? throw Bad($"has {picture.Width} × {picture.Height} pixels, others {Side} × {Side}; args: {{ side: … }} brings pictures to one size") : Fit(picture);
            return Channels == 1 ? picture.Pixels : ImageArchive.Planes(picture.Pixels, Side * Side);

            InvalidDataException Bad(string problem) => new($"'{_image}' of row {row.Id} of '{split}' {problem}.");
        }

        /// <summary>The middle square, made larger or smaller.</summary>
        Image Fit(Image picture)
        {
            var edge = Math.Min(picture.Width, picture.Height);
            var middle = picture.Crop((picture.Width - edge) / 2, (picture.Height - edge) / 2, edge, edge);
            return edge == Side ? middle : middle.Resize(Side, Side, Resample.Bilinear);
        }

        public object Label(Document row, string split)
        {
            _label ??= Column(row, set.ArgText("label"), UsualColumns.Labels, "label");
            return row.Fields.GetValueOrDefault(_label) switch
            {
                string word => word,
                long number => number,
                bool flag => flag ? 1L : 0L,
                _ => throw new InvalidDataException($"'{_label}' of row {row.Id} of '{split}' is no class."),
            };
        }

        static string Column(Document row, string? named, IReadOnlyList<string> usual, string what) => named is not null
            ? row.Fields.ContainsKey(named) ? named : throw new InvalidDataException($"it has no column '{named}', but {string.Join(", ", row.Fields.Keys.Take(20))}.")
            : usual.FirstOrDefault(row.Fields.ContainsKey) ?? throw new InvalidDataException($"which column is the {what}? It has {string.Join(", ", row.Fields.Keys.Take(20))}; args: {{ {what}: … }} says it.");
    }
}
