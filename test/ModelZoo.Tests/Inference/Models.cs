using System.Text.Json;
using ModelZoo.Inference.Runtime;
using ModelZoo.Tests.Weights;

namespace ModelZoo.Tests.Inference;

/// <summary>Shared models and data of others, and the native library; a test that needs one that is absent is skipped and says what is missing.</summary>
static class Models
{
    public static void RequireRuntime() => Assert.SkipWhen(OnnxRuntime.Missing is not null, $"SKIPPED: no ONNX Runtime. {OnnxRuntime.Missing}");

    public static string Require(string path)
    {
        RequireRuntime();
        return SharedModels.Require(path);
    }

    /// <summary>A file of shared/data, such as <c>eval/mnist-t10k/…</c>.</summary>
    public static string RequireData(string path) => SharedModels.Require(Path.Combine("..", path));

    public static Task<OnnxSession> OpenAsync(string path) => OnnxSession.OpenAsync(Require(path), SessionSettings.Default, CancellationToken.None);

    public static JsonElement Golden(string folder) => Json(SharedModels.Require($"{folder}/golden.json"));

    public static JsonElement Json(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        return json.RootElement.Clone();
    }

    public static float[] Floats(this JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetSingle())];

    public static int[] Ints(this JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetInt32())];

    public static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double absolute, double relative = 0)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= absolute + (relative * Math.Abs(expected[i])), $"[{i}]: expected {expected[i]}, got {actual[i]}");
    }

    /// <summary>float32(sin(0.01·i)), the input of several golden outputs.</summary>
    public static float[] Sines(int count) => [.. Enumerable.Range(0, count).Select(i => (float)Math.Sin(0.01 * i))];
}
