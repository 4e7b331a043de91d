using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Models;

namespace ModelZoo.Hub.Populations.Making;

/// <summary>What training a member takes, in numbers that cannot overflow: asked before anything is allocated.</summary>
static class MemberCost
{
    /// <summary>Samples that go through a network together.</summary>
    const int TileSamples = 16;

    /// <summary>Copies of all parameters while a member trains: values, gradients, two moments, average, first values, transposed ones, what is being saved.</summary>
    const int Copies = 10;

    public static double Parameters(Architecture model, HeadShape? head)
    {
        var outputs = head is null ? 0.0 : head.Kind == HeadKind.Mlp ? (model.Features + 1.0) * head.Hidden + (head.Hidden + 1.0) * head.Out : (model.Features + 1.0) * head.Out;
        double dim = model.Dim, mlp = model.Mlp;
        return outputs + model.Family switch
        {
            Family.Vit => model.PatchPixels * dim + (model.Tokens + 4) * dim + model.Depth * (4 * dim * dim + 2 * dim * mlp + 10 * dim + mlp),
            Family.Mlp => model.Hidden.Prepend(model.Pixels).Zip(model.Hidden, (from, to) => (from + 1.0) * to).Sum(),
            _ => model.Hidden.Prepend(model.Channels).Zip(model.Hidden, (from, to) => ((double)from * model.Kernel * model.Kernel + 1) * to).Sum(),
        };
    }

    /// <summary>Bytes at the most, roughly.</summary>
    public static double TrainingBytes(Member member)
    {
        var (model, batch) = (member.Architecture, (double)member.Effective.Whole("train.batch"));
        var views = member.Effective.Word("objective.kind") == "contrastive" ? 2 : 1;
        // A contrastive loss keeps what all tiles of a batch need to go backward.
        var samples = views == 2 ? 2 * batch + TileSamples : TileSamples;
        var activations = model.Family switch
        {
            Family.Vit => (double)model.Depth * model.Tokens * (14.0 * model.Dim + 3.0 * model.Mlp + 2.0 * model.Heads * model.Tokens),
            Family.Mlp => 3.0 * (model.Pixels + model.Hidden.Sum(width => (double)width)),
            _ => (double)model.Image * model.Image * model.Hidden.Prepend(model.Channels).Sum(channels => channels * (3.0 + model.Kernel * model.Kernel)),
        };
        // Masks of what is dropped lie beside the numbers.
        if (member.Effective.Real("train.dropout") > 0)
            activations += (member.Head?.Hidden ?? 0) + model.Family switch
            {
                Family.Vit => (double)model.Tokens * (2.0 * model.Dim + model.Depth * (2.0 * model.Dim + model.Mlp)),
                Family.Mlp => model.Hidden.Sum(width => (double)width),
                _ => (double)model.Image * model.Image * model.Hidden.Sum(channels => (double)channels),
            };
        return 4 * (Copies * Parameters(model, member.Head) + samples * (activations + (member.Head?.Out ?? 0)) + views * batch * model.Pixels + batch * (member.Head?.Out ?? 0));
    }
}
