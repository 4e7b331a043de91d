using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.OpenAi;

/// <summary>The part of OpenAI's API that serves models: clients of it are given "{hub}/v1" as their base address and a token of the hub as their key.</summary>
static class OpenAiRoutes
{
    public const string Base = "/v1";

    /// <summary>Why these addresses take no capability: the model is named in the body.</summary>
    public static readonly Public FindsModel = new("the model is named in the request, and asked for with the actor's rights");

    public static void MapOpenAi(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup(Base).WithMetadata(OpenAiErrors.Dialect).RequireCors(HuggingFaceRoutes.CorsPolicy);
        ModelEndpoints.Map(group);
        CompletionEndpoints.Map(group);
        ChatEndpoints.Map(group);
        EmbeddingEndpoints.Map(group);
        group.Map("/{**rest}", Nothing).WithMetadata(new Public("says only that nothing is here"));
    }

    static IResult Nothing(HttpContext _) => throw Refusal.NotFound("There is nothing at this address.");
}
