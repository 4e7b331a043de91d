using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance.Cluster;

/// <summary>deploy/nginx.conf as it is, but for addresses, before two real nodes.</summary>
public sealed class NginxTests
{
    [Fact]
    public async Task The_proxy_configuration_of_the_deployment_serves_two_nodes_and_survives_the_loss_of_one()
    {
        var program = new[] { "/usr/sbin/nginx", "/usr/bin/nginx" }.FirstOrDefault(File.Exists);
        if (program is null) Missing.Skip("The deployment's nginx configuration was NOT tested: install nginx-light.");
        await using var cluster = await ProcessCluster.StartAsync(seed: 1, 0, 0);
        foreach (var node in cluster.Nodes) Assert.Equal("true", node.Settings["MODELZOO_TRUSTFORWARDEDHEADERS"]);
        var folder = Locations.Scratch("nginx");
        var port = HubProcess.FreePort();
        var configuration = Path.Combine(folder, "nginx.conf");
        var text = await File.ReadAllTextAsync(Path.Combine(Locations.Root, "deploy", "nginx.conf"));
        text = text.Replace("node1:8080", new Uri(cluster.Nodes[0].Url).Authority, StringComparison.Ordinal).Replace("node2:8080", new Uri(cluster.Nodes[1].Url).Authority, StringComparison.Ordinal)
            .Replace("listen 8080", $"listen 127.0.0.1:{port}", StringComparison.Ordinal).Replace("/tmp/nginx.pid", $"{folder}/nginx.pid", StringComparison.Ordinal);
        // Debian's package wants folders of its own that only root may use.
        foreach (var kind in new[] { "client_body", "proxy", "fastcgi", "scgi", "uwsgi" }) text = text.Replace("access_log off;", $"access_log off;\n  {kind}_temp_path {folder}/{kind};", StringComparison.Ordinal);
        await File.WriteAllTextAsync(configuration, text);
        string[] arguments = ["-p", folder, "-e", $"{folder}/error.log", "-c", configuration];
        var checkedOnce = await ClientProcess.RunAsync(program!, [.. arguments, "-t"], folder, new Dictionary<string, string?>(), TimeSpan.FromSeconds(20));
        Assert.True(checkedOnce.ExitCode == 0, checkedOnce.Errors);
        using var nginx = Process.Start(new ProcessStartInfo(program!, [.. arguments, "-g", "daemon off;"]))!;
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            http.DefaultRequestHeaders.Authorization = new("Bearer", HubProcess.Token);
            for (var i = 0; i < 100; i++)
            {
                try { if ((await http.GetAsync("/health")).IsSuccessStatusCode) break; }
                catch (HttpRequestException) { await Task.Delay(50); }
            }
            await UseAsync(http, port);
            Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/metrics")).StatusCode);
            cluster.Nodes[0].Kill();
            for (var i = 0; i < 20; i++) Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/api/whoami-v2")).StatusCode);
        }
        finally
        {
            nginx.Kill(entireProcessTree: true);
            await nginx.WaitForExitAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task UseAsync(HttpClient http, int port)
    {
        var created = await (await http.PostAsJsonAsync("/api/repos/create", new { name = "proxied", type = "model" })).Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal($"http://127.0.0.1:{port}/ada/proxied", created.GetProperty("url").GetString());
        Assert.Equal(HttpStatusCode.Created, (await http.PostAsJsonAsync("/api/models/ada/proxied/branch/feature%2Fone", new { })).StatusCode);
        // A body above nginx's usual megabyte, and a revision whose slash must stay escaped.
        var content = RandomNumberGenerator.GetBytes(6_000_000);
        var line = new { key = "file", value = (object)new { path = "six.bin.txt", encoding = "base64", content = Convert.ToBase64String(content) } };
        using var body = new StringContent(WireRepository.NdJson([new { key = "header", value = (object)new { summary = "six" } }, line]));
        await WireRepository.HasStatus(await http.PostAsync("/api/models/ada/proxied/commit/feature%2Fone", body), HttpStatusCode.OK);
        Assert.Equal(content, await http.GetByteArrayAsync("/ada/proxied/resolve/feature%2Fone/six.bin.txt"));
    }
}
