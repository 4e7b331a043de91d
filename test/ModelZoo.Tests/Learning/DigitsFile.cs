namespace ModelZoo.Tests.Learning;

/// <summary>The handwritten digits, which are not part of this repository: beside it where a machine has them, or where MODELZOO_SHARED says.</summary>
static class DigitsFile
{
    public static string? Find()
    {
        var places = new List<string>();
        if (Environment.GetEnvironmentVariable("MODELZOO_SHARED") is { Length: > 0 } shared) places.Add(shared);
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent) places.Add(Path.Combine(folder.FullName, "shared"));
        return places.Select(place => Path.Combine(place, "data", "digits", "digits.csv.gz")).FirstOrDefault(File.Exists);
    }
}
