using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using YamlDotNet.RepresentationModel;

namespace ModelZoo.Hub.Tests.Operations;

/// <summary>The files of deploy/ and the Dockerfile, as far as they can be checked without an engine: they parse, and they name what there is.</summary>
public sealed partial class DeploymentTests
{
    static string Root { get; } = Path.GetDirectoryName(Path.GetDirectoryName(Documents.Find("configuration.md"))!)!;

    static string Kubernetes => Path.Combine(Root, "deploy", "kubernetes");

    [Fact]
    public void Every_variable_is_an_option_and_all_together_make_a_hub_that_starts()
    {
        var compose = Load(Path.Combine(Root, "deploy", "compose.yaml"))[0];
        foreach (var service in (string[])["node1", "node2", "worker"]) Require(Pairs(At(compose, "services", service, "environment")), service);

        var shared = Pairs(At(Load(Path.Combine(Kubernetes, "config.yaml"))[0], "data"))
            .Concat(Pairs(At(Load(Path.Combine(Kubernetes, "secret.example.yaml"))[0], "stringData"))).ToDictionary();
        foreach (var file in (string[])["nodes.yaml", "workers.yaml"])
        {
            var own = List(At(Load(Path.Combine(Kubernetes, file))[0], "spec", "template", "spec", "containers", 0, "env"))
                .ToDictionary(entry => Text(At(entry, "name")), entry => entry is YamlMappingNode map && map.Children.ContainsKey("value") ? Text(At(entry, "value")) : "pod-7");
            Require(shared.Concat(own).ToDictionary(), file);
        }
    }

    static void Require(Dictionary<string, string> variables, string where)
    {
        var known = (string[])["BOOTSTRAP_ADMIN", "BOOTSTRAP_PASSWORD", "BOOTSTRAP_TOKEN"];
        var options = variables.Where(v => v.Key.StartsWith("MODELZOO_", StringComparison.Ordinal) && !known.Contains(v.Key["MODELZOO_".Length..]))
            .Select(v => KeyValuePair.Create(v.Key["MODELZOO_".Length..].Replace("__", ":"), (string?)v.Value)).ToList();
        var documented = File.ReadAllText(Documents.Find("configuration.md"));
        Assert.All(options, option => Assert.Contains($"`MODELZOO_{option.Key.Replace(":", "__")}`", documented));
        var hub = new HubOptions();
        new ConfigurationBuilder().AddInMemoryCollection(options).Build().Bind(hub);
        hub.Validate();
        hub.Storage.Validate();
        Assert.True(hub is { Database.Kind: "postgres", Storage.Kind: Hub.Storage.StorageKind.S3 }, where);
    }

    [Fact]
    public void Compose_names_only_services_volumes_and_files_that_there_are()
    {
        var compose = Load(Path.Combine(Root, "deploy", "compose.yaml"))[0];
        var services = ((YamlMappingNode)At(compose, "services")).Children.Keys.Select(Text).ToHashSet();
        var volumes = ((YamlMappingNode)At(compose, "volumes")).Children.Keys.Select(Text).ToHashSet();
        foreach (var (name, service) in ((YamlMappingNode)At(compose, "services")).Children.Select(s => (Text(s.Key), Merged(s.Value))))
        {
            Assert.True(service.ContainsKey("image") || service.ContainsKey("build"), name);
            if (service.TryGetValue("depends_on", out var needs))
                Assert.Subset(services, (needs is YamlMappingNode map ? map.Children.Keys : List(needs)).Select(Text).ToHashSet());
            foreach (var mount in service.TryGetValue("volumes", out var mounts) ? List(mounts).Select(Text) : [])
            {
                var source = mount.Split(':')[0];
                Assert.True(source.StartsWith('.') ? File.Exists(Path.Combine(Root, "deploy", source)) : volumes.Contains(source), mount);
            }
        }
        var nginx = File.ReadAllText(Path.Combine(Root, "deploy", "nginx.conf"));
        Assert.Subset(services, UpstreamServer().Matches(nginx).Select(m => m.Groups[1].Value).ToHashSet());
    }

    [Fact]
    public void Kubernetes_manifests_fit_together()
    {
        var listed = List(At(Load(Path.Combine(Kubernetes, "kustomization.yaml"))[0], "resources")).Select(Text).ToHashSet();
        var present = Directory.GetFiles(Kubernetes).Select(Path.GetFileName).ToHashSet();
        Assert.Equal(present.Except(["kustomization.yaml", "secret.example.yaml"]).Append("secret.yaml").Order(), listed.Order());
        var things = Directory.GetFiles(Kubernetes, "*.yaml").SelectMany(Load).Where(d => Text(At(d, "kind")) != "Kustomization").ToDictionary(d => $"{Text(At(d, "kind"))}/{Text(At(d, "metadata", "name"))}");

        foreach (var name in (string[])["Deployment/modelzoo-node", "Deployment/modelzoo-worker"])
        {
            var spec = At(things[name], "spec");
            var labels = Pairs(At(spec, "template", "metadata", "labels"));
            Assert.All(Pairs(At(spec, "selector", "matchLabels")), label => Assert.Equal(label.Value, labels[label.Key]));
            var container = At(spec, "template", "spec", "containers", 0);
            Assert.Contains(Text(At(container, "args", 0)), (string[])["serve", "worker"]);
            Assert.Equal("8080", Text(At(container, "ports", 0, "containerPort")));
            Assert.EndsWith(":8080", Pairs(At(things["ConfigMap/modelzoo"], "data"))["MODELZOO_URLS"]);
            foreach (var (probe, path) in new[] { ("startupProbe", "/health"), ("readinessProbe", "/ready"), ("livenessProbe", "/health") })
                Assert.Equal((path, "http"), (Text(At(container, probe, "httpGet", "path")), Text(At(container, probe, "httpGet", "port"))));
            Assert.All(List(At(container, "envFrom")), from => Assert.Contains(things.Keys, key => key is "ConfigMap/modelzoo" or "Secret/modelzoo"));
            var mounts = List(At(container, "volumeMounts")).Select(m => Text(At(m, "name"))).Order();
            Assert.Equal(List(At(spec, "template", "spec", "volumes")).Select(v => Text(At(v, "name"))).Order(), mounts);
            Assert.Equal("true", Text(At(spec, "template", "spec", "securityContext", "runAsNonRoot")));
        }
        var nodeLabels = Pairs(At(things["Deployment/modelzoo-node"], "spec", "template", "metadata", "labels"));
        Assert.All(Pairs(At(things["Service/modelzoo"], "spec", "selector")), label => Assert.Equal(label.Value, nodeLabels[label.Key]));
        Assert.All(Pairs(At(things["PodDisruptionBudget/modelzoo-node"], "spec", "selector", "matchLabels")), label => Assert.Equal(label.Value, nodeLabels[label.Key]));
        Assert.Equal("modelzoo-node", Text(At(things["HorizontalPodAutoscaler/modelzoo-node"], "spec", "scaleTargetRef", "name")));
        Assert.Equal("modelzoo", Text(At(things["Ingress/modelzoo"], "spec", "rules", 0, "http", "paths", 0, "backend", "service", "name")));
        Assert.Equal("0", Pairs(At(things["Ingress/modelzoo"], "metadata", "annotations"))["nginx.ingress.kubernetes.io/proxy-body-size"]);
    }

    [Fact]
    public void The_image_is_made_of_files_that_there_are_and_the_context_lets_in()
    {
        var lines = File.ReadAllLines(Path.Combine(Root, "Dockerfile"));
        var allowed = File.ReadAllLines(Path.Combine(Root, ".dockerignore")).Where(line => line.StartsWith('!')).Select(line => line[1..]).ToHashSet();
        foreach (var words in lines.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from")).Select(line => line.Split(' ')))
            foreach (var source in words[1..^1].Select(word => word.TrimStart('.', '/') is var name && word.StartsWith("./", StringComparison.Ordinal) ? name : word))
            {
                Assert.True(Path.Exists(Path.Combine(Root, source)), source);
                Assert.Contains(source, allowed);
            }
        Assert.Contains(lines, line => line == "USER 1654");
        Assert.Contains(lines, line => line.StartsWith("HEALTHCHECK ", StringComparison.Ordinal));
    }

    static List<YamlNode> Load(string file)
    {
        var stream = new YamlStream();
        using var text = File.OpenText(file);
        stream.Load(text);
        return [.. stream.Documents.Select(document => document.RootNode)];
    }

    /// <summary>The node at a path of names and numbers; merge keys ("&lt;&lt;") are followed.</summary>
    static YamlNode At(YamlNode node, params object[] path)
    {
        foreach (var step in path)
            node = step is int index ? ((YamlSequenceNode)node)[index] : Merged(node).GetValueOrDefault((string)step) ?? throw new KeyNotFoundException($"{step} of {string.Join('.', path)}");
        return node;
    }

    static Dictionary<string, YamlNode> Merged(YamlNode node)
    {
        var map = (YamlMappingNode)node;
        var all = map.Children.TryGetValue("<<", out var other) ? Merged(other) : [];
        foreach (var (key, value) in map.Children.Where(pair => Text(pair.Key) != "<<")) all[Text(key)] = value;
        return all;
    }

    static Dictionary<string, string> Pairs(YamlNode node) => Merged(node).ToDictionary(pair => pair.Key, pair => Text(pair.Value));

    static IEnumerable<YamlNode> List(YamlNode node) => ((YamlSequenceNode)node).Children;

    static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    [GeneratedRegex(@"^\s+server (\w+):8080", RegexOptions.Multiline)]
    private static partial Regex UpstreamServer();
}
