using ModelZoo.Learning.Models;
using ModelZoo.Learning.Networks;
using ModelZoo.Learning.Randomness;
using ModelZoo.Learning.Training;

namespace ModelZoo.Tests.Learning;

/// <summary>Gradients of the other families against differences of their own loss, and shapes that fill no vector.</summary>
public sealed class NetworkTests
{
    [Fact]
    public void Fully_connected_layers_have_the_gradients_that_differences_say() =>
        Check(new() { Family = Family.Mlp, Image = 4, Hidden = [11, 6], Activation = Activation.Tanh }, new(HeadKind.Linear, 0, 3));

    [Fact]
    public void Convolutions_have_the_gradients_that_differences_say() =>
        Check(new() { Family = Family.Cnn, Image = 6, Hidden = [5, 4], Activation = Activation.Tanh }, new(HeadKind.Linear, 0, 3));

    [Theory]
    [InlineData(8, 4, 12, 4, 3)]
    [InlineData(24, 3, 20, 8, 10)]
    [InlineData(40, 5, 17, 6, 2)]
    public void Any_width_follows_the_reference(int dim, int heads, int mlp, int image, int classes)
    {
        var model = new Architecture { Family = Family.Vit, Image = image, Patch = 2, Dim = dim, Depth = 2, Heads = heads, Mlp = mlp };
        var head = new HeadShape(HeadKind.Linear, 0, classes);
        var reference = new ReferenceVit(model, head);
        var theta = ModelInitializer.Initialize(reference.Layout, Initialization.KaimingNormal, 8, 8);
        var images = Noise(3 * model.Pixels, 4);
        var targets = new float[3 * classes];
        CrossEntropy.Smooth([0, 1, 1], classes, 0.1, targets);
        var expected = new double[theta.Length];
        var loss = reference.Run([.. theta.Select(x => (double)x)], images, [.. targets.Select(x => (double)x)], 3, expected);
        var (found, gradient) = Run(model, head, theta, images, targets, 3);
        Assert.Equal(loss, found, 1e-5);
        for (var i = 0; i < theta.Length; i++) Assert.Equal(expected[i], gradient[i], 2e-5);
    }

    /// <summary>In float32 a difference is known to about four figures; enough to find a wrong formula.</summary>
    static void Check(Architecture model, HeadShape head)
    {
        var theta = ModelInitializer.Initialize(ParameterLayout.Of(model, head), Initialization.XavierUniform, 5, 5);
        var images = Noise(3 * model.Pixels, 9);
        var targets = new float[3 * head.Out];
        CrossEntropy.Smooth([0, 1, 2], head.Out, 0.1, targets);
        var (_, gradient) = Run(model, head, theta, images, targets, 3);
        for (var i = 0; i < theta.Length; i++)
        {
            const float step = 4e-3f;
            var kept = theta[i];
            theta[i] = kept + step;
            var up = Run(model, head, theta, images, targets, 3).Loss;
            theta[i] = kept - step;
            var down = Run(model, head, theta, images, targets, 3).Loss;
            theta[i] = kept;
            Assert.Equal((up - down) / (2 * step), gradient[i], 4e-4);
        }
    }

    static (double Loss, float[] Gradient) Run(Architecture model, HeadShape head, float[] theta, float[] images, float[] targets, int samples)
    {
        var pass = NetworkPass.Of(model, head);
        var weights = new StepWeights(pass.Layout);
        weights.Refresh(theta);
        var outputs = new float[samples * head.Out];
        var slopes = new float[outputs.Length];
        var gradient = new float[theta.Length];
        pass.Forward(weights, images, samples, outputs);
        var loss = CrossEntropy.Run(samples, head.Out, outputs, targets, samples, slopes);
        pass.Backward(weights, slopes, gradient, headOnly: false);
        return (loss / samples, gradient);
    }

    static float[] Noise(int count, ulong seed)
    {
        var source = new RandomSource(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(source.NextUnit() * 2 - 1))];
    }
}
