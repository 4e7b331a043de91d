using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Tests.Access;

/// <summary>One endpoint and method, with what has to be filled in so that it can be asked.</summary>
sealed record MatrixRow(string Method, string Pattern, RepositoryKind Kind)
{
    /// <summary>Calls that name their repository in the body.</summary>
    static readonly Dictionary<string, string> s_namedInBody = new()
    {
        ["/api/repos/delete"] = """{"name":"{owner}/{name}","type":"model"}""",
        ["/api/zoo/merges"] = """{"sources":["{owner}/{name}"],"target":"{owner}/{name}"}""",
        ["/api/zoo/merges/check"] = """{"sources":["{owner}/{name}"]}""",
        ["/api/zoo/convert"] = """{"repository":"{owner}/{name}","to":"npz"}""",
        ["/api/zoo/finetune"] = """{"model":"{owner}/{name}","dataset":"{owner}/nothing","target":"{owner}/{fresh}"}""",
        ["/v1/completions"] = """{"model":"{owner}/{name}","prompt":"x"}""",
        ["/v1/chat/completions"] = """{"model":"{owner}/{name}","messages":[{"role":"user","content":"x"}]}""",
        ["/v1/embeddings"] = """{"model":"{owner}/{name}","input":"x"}""",
        ["/api/repos/move"] = """{"fromRepo":"{owner}/{name}","toRepo":"{owner}/{fresh}","type":"model"}""",
    };

    /// <summary>Bodies that are good enough for whoever may send them; the rest are sent an empty object.</summary>
    static readonly Dictionary<string, string> s_bodies = new()
    {
        ["POST /api/repos/create"] = """{"name":"{fresh}","type":"model"}""",
        ["POST {repository}/commit/{revision}"] = """{"key":"header","value":{"summary":"x","description":""}}""" + "\n" + """{"key":"file","value":{"path":"a.txt","content":"YQ==","encoding":"base64"}}""",
        ["POST {repository}/preupload/{revision}"] = """{"files":[{"path":"a.txt","size":1,"sample":"YQ=="}]}""",
        ["POST {repository}/tag/{**revision}"] = """{"tag":"v2"}""",
        ["POST {repository}/super-squash/{**revision}"] = """{"message":"one"}""",
        ["POST {repository}/paths-info/{revision}"] = """{"paths":["README.md"]}""",
        ["POST /api/validate-yaml"] = """{"content":"---\nlicense: mit\n---\n","repoType":"model"}""",
        ["POST {files}/info/lfs/objects/batch"] = """{"operation":"upload","transfers":["basic"],"objects":[{"oid":"0000000000000000000000000000000000000000000000000000000000000001","size":5}]}""",
        ["POST {repository}/discussions"] = """{"title":"A question","description":"?"}""",
        ["POST {repository}/discussions/{number:long}/comment"] = """{"comment":"x"}""",
        ["POST {repository}/discussions/{number:long}/title"] = """{"title":"Another title"}""",
        ["POST {repository}/discussions/{number:long}/status"] = """{"status":"closed"}""",
        ["POST /api/zoo/serving/models"] = """{"model":"{owner}/single"}""",
        ["POST /api/zoo/tokens"] = """{"name":"made by the matrix","role":"read"}""",
        ["POST /api/zoo/accounts"] = """{"handle":"{fresh}"}""",
        ["PUT /api/zoo/{kinds}/{owner}/{name}/collaborators/{handle}"] = """{"access":"read"}""",
        ["PUT /api/zoo/{kinds}/{owner}/{name}/disabled"] = """{"isDisabled":false}""",
        ["POST /api/zoo/estimate"] = """{"model":"bert-base","device":"t4"}""",
        ["PUT /api/zoo/{kinds}/{owner}/{name}/devices/{id}"] = """{"name":"A box"}""",
        ["PUT /api/zoo/{kinds}/{owner}/{name}/workloads/{id}"] = """{"name":"A model","parameters":1000}""",
        ["PUT /api/zoo/me/password"] = """{"oldPassword":"wrong","newPassword":"also wrong"}""",
    };

    public bool NeedsRepository => (Pattern.Contains("{owner}", StringComparison.Ordinal) && Pattern.Contains("{name}", StringComparison.Ordinal)) || s_namedInBody.ContainsKey(Pattern);

    public bool Changes => Method is not ("GET" or "HEAD");

    public static IEnumerable<MatrixRow> Of(RouteEndpoint endpoint)
    {
        var kind = endpoint.Metadata.GetMetadata<AddressedKind>()?.Kind ?? RepositoryKind.Model;
        var pattern = System.Text.RegularExpressions.Regex.Replace("/" + endpoint.RoutePattern.RawText!.TrimStart('/'), @":regex\(\^\([^)]*\)\$\)", "");
        var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods;
        return methods is null ? [] : methods.Select(method => new MatrixRow(method, pattern, kind));
    }

    /// <summary>The address with names filled in, and the body to send.</summary>
    public (string Path, string Body) Fill(string owner, string name, string fresh)
    {
        var path = Pattern
            .Replace("{kinds}", Kind.Plural()).Replace("{owner}", owner).Replace("{name}", name.Length > 0 ? name : "single")
            .Replace("{revision}", "main").Replace("{**revision}", "main").Replace("{**revisionAndPath}", "main").Replace("{**range}", "main..main")
            .Replace("{**branch}", "extra").Replace("{**tag}", "v1").Replace("{handle}", "bystander")
            .Replace("{**path}", "README.md").Replace("{*path}", "README.md").Replace("{path}", "README.md")
            .Replace("{id}", "000000000000000000000001").Replace("{number:int}", "1").Replace("{number:long}", "1").Replace("{repository}", "000000000000000000000001")
            .Replace("{digest}", new string('0', 64)).Replace("{documentName}", "zoo");
        // Whatever else an endpoint takes is filled with a word; what matters is who is let through to find it wrong.
        path = System.Text.RegularExpressions.Regex.Replace(path, @"\{[^}]*\}", "x");
        var body = s_namedInBody.GetValueOrDefault(Pattern)
            ?? s_bodies.GetValueOrDefault($"{Method} {Pattern}")
            ?? s_bodies.GetValueOrDefault($"{Method} {Pattern.Replace("/api/{kinds}/{owner}/{name}", "{repository}")}")
            ?? s_bodies.GetValueOrDefault($"{Method} {Pattern.Replace($"/{Kind.AddressPrefix()}{{owner}}/{{name}}", "{files}")}")
            ?? "{}";
        return (path, body.Replace("{owner}", owner).Replace("{name}", name).Replace("{fresh}", fresh));
    }
}
