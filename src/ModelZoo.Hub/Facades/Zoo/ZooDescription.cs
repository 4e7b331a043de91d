using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>The OpenAPI description of the hub's own API, at /openapi/zoo.json.</summary>
static class ZooDescription
{
    const string Document = "zoo";

    public static void AddZooDescription(this IServiceCollection services) => services.AddOpenApi(Document, options =>
    {
        options.ShouldInclude = api => ("/" + api.RelativePath).StartsWith(ZooRoutes.Base + "/", StringComparison.Ordinal) || "/" + api.RelativePath is ProfileEndpoints.Path or InferEndpoints.Path;
        options.AddDocumentTransformer((document, context, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "ModelZoo",
                Version = "1",
                Description = "What a ModelZoo hub does beyond the Hugging Face protocol. Sign in with \"Authorization: Bearer hf_…\".",
            };
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                ["token"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An access token, hf_…" },
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("token", document)] = [] }];
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            // Owner, name and kind are read by the capability, not by a parameter of the handler.
            foreach (var name in PathNames(context.Description.RelativePath ?? ""))
            {
                operation.Parameters ??= [];
                if (operation.Parameters.Any(parameter => parameter.Name == name)) continue;
                var schema = new OpenApiSchema { Type = JsonSchemaType.String };
                if (name == "kinds") schema.Enum = ["models", "datasets", "spaces"];
                operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Path, Required = true, Schema = schema });
            }
            return Task.CompletedTask;
        });
    });

    public static void MapZooDescription(this IEndpointRouteBuilder app) =>
        app.MapOpenApi("/openapi/{documentName}.json").WithMetadata(ZooErrors.Dialect, new Public("a description of the API says nothing about what is stored"));

    static IEnumerable<string> PathNames(string path) =>
        path.Split('/').Where(segment => segment.StartsWith('{')).Select(segment => segment.Trim('{', '}').Split(':')[0].TrimStart('*'));
}
