using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

public class HttpByteSourceTests
{
    static readonly CancellationToken s_stop = CancellationToken.None;

    /// <summary>A model whose header is about so long, served by a real server with ranges and tags.</summary>
    static async Task<byte[]> ModelAsync(int tensors)
    {
        using var file = new MemoryStream();
        await SafetensorsWriter.WriteAsync(file, Enumerable.Range(0, tensors).Select(i => new TensorContent($"model.layers.{i}.weight", DType.F32, [1000], new MemoryByteSource(new byte[4000]), 0, 4000)),
            new Dictionary<string, string>(), s_stop);
        return file.ToArray();
    }

    static async Task<T> ServeAsync<T>(Func<byte[]> content, Func<HttpClient, Uri, Task<T>> use, bool ranges = true)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.MapGet("/file", () => ranges
            ? Results.Bytes(content(), enableRangeProcessing: true, entityTag: new EntityTagHeaderValue($"\"{content().Length}\""))
            : Results.Bytes(content()));
        await app.StartAsync(s_stop);
        using var http = new HttpClient();
        return await use(http, new Uri($"{app.Urls.First()}/file"));
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(5000, 2)]
    public async Task A_header_costs_one_round_trip_or_two(int tensors, int trips)
    {
        var content = await ModelAsync(tensors);
        var (file, spent) = await ServeAsync(() => content, async (http, address) =>
        {
            var source = await HttpByteSource.OpenAsync(http, address, s_stop);
            return (await WeightReader.ReadHeaderAsync(source, s_stop), source.RoundTrips);
        });
        Assert.Equal((tensors, trips), (file.Tensors.Count, spent));
    }

    [Fact]
    public async Task Any_piece_is_what_the_file_holds()
    {
        var content = await ModelAsync(60);
        new Random(1).NextBytes(content);
        await ServeAsync(() => content, async (http, address) =>
        {
            var source = await HttpByteSource.OpenAsync(http, address, s_stop);
            var random = new Random(2);
            for (var i = 0; i < 40; i++)
            {
                var offset = random.Next(content.Length);
                var buffer = new byte[random.Next(1, 100_000)];
                var read = await source.ReadAsync(offset, buffer, s_stop);
                Assert.True(read > 0 && content.AsSpan(offset, read).SequenceEqual(buffer.AsSpan(0, read)));
            }
            Assert.Equal(0, await source.ReadAsync(content.Length, new byte[10], s_stop));
            return 0;
        });
    }

    [Fact]
    public async Task A_file_that_changes_or_a_server_without_ranges_is_refused()
    {
        var content = await ModelAsync(60);
        await ServeAsync(() => content, async (http, address) =>
        {
            var source = await HttpByteSource.OpenAsync(http, address, s_stop);
            content = [.. content, 0];
            await Assert.ThrowsAsync<HttpRequestException>(async () => await source.ReadAsync(200_000, new byte[10], s_stop));
            return 0;
        });
        await Assert.ThrowsAsync<HttpRequestException>(() => ServeAsync(() => content, (http, address) => HttpByteSource.OpenAsync(http, address, s_stop), ranges: false));
        // A small file comes whole and is enough.
        Assert.Equal(3, (await ServeAsync(() => [1, 2, 3], (http, address) => HttpByteSource.OpenAsync(http, address, s_stop), ranges: false)).Length);
    }
}
