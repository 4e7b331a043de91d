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

    [Fact]
    public void Dropped_numbers_have_no_gradient_and_kept_ones_the_gradient_that_differences_say()
    {
        var drops = new Drops(RandomSource.Named(11, "dropout/1"), 0.4, 29);
        var head = new HeadShape(HeadKind.Mlp, 7, 3);
        Check(new() { Family = Family.Mlp, Image = 4, Hidden = [11, 6], Activation = Activation.Tanh }, new(HeadKind.Linear, 0, 3), drops);
        Check(new() { Family = Family.Cnn, Image = 8, Hidden = [5, 4, 3], Activation = Activation.Tanh }, new(HeadKind.Linear, 0, 3), drops);
        Check(new() { Family = Family.Vit, Image = 4, Patch = 2, Dim = 8, Depth = 2, Heads = 2, Mlp = 12 }, new(HeadKind.Linear, 0, 3), drops);
        // ReLU has a corner, which a difference may cross; it is behind few numbers here.
        Check(new() { Family = Family.Mlp, Image = 4, Hidden = [5], Activation = Activation.Tanh }, head, drops);
    }

    [Fact]
    public void What_is_dropped_is_said_by_the_sample_and_the_place_alone()
    {
        var (model, head) = (new Architecture { Family = Family.Mlp, Image = 4, Hidden = [11, 6], Activation = Activation.Sigmoid }, new HeadShape(HeadKind.Mlp, 5, 3));
        var theta = ModelInitializer.Initialize(ParameterLayout.Of(model, head), Initialization.XavierUniform, 5, 5);
        var images = Noise(8 * model.Pixels, 9);
        var (stream, rate) = (RandomSource.Named(11, "dropout/1"), 0.3);
        var (together, features) = Forward(model, head, theta, images, 8, new(stream, rate, 100));
        for (var s = 0; s < 8; s++)
        {
            var (alone, _) = Forward(model, head, theta, images[(s * model.Pixels)..], 1, new(stream, rate, 100 + s));
            Assert.Equal(together[(s * 3)..(s * 3 + 3)], alone);
            // The hidden layer of the head takes the first five of each sample's 22 positions, the two layers of the backbone the others.
            for (var k = 0; k < 6; k++)
            {
                var place = stream;
                place.Position = (ulong)((100 + s) * 22 + 5 + 11 + k);
                Assert.Equal(place.NextUnit() < rate, features[s * 6 + k] == 0);
            }
        }
        var (whole, _) = Forward(model, head, theta, images, 8, null);
        Assert.NotEqual(whole, together);
        Assert.Equal(whole, Forward(model, head, theta, images, 8, new(stream, 0, 100)).Outputs);
        Assert.NotEqual(together, Forward(model, head, theta, images, 8, new(stream, rate, 101)).Outputs);
    }

    /// <summary>Only the class token leaves the last block, so the others are left out there. Where dropout is on they are not; with a rate of next to nothing it drops nothing.</summary>
    [Theory]
    [InlineData(32, 4, 64, 4, 2, Activation.Gelu)]
    [InlineData(24, 3, 20, 1, 4, Activation.Relu)]
    [InlineData(10, 5, 7, 2, 2, Activation.Tanh)]
    public void A_last_block_of_the_class_token_alone_gives_the_bits_of_a_whole_one(int dim, int heads, int mlp, int depth, int patch, Activation activation)
    {
        var (model, head) = (new Architecture { Family = Family.Vit, Image = 8, Patch = patch, Dim = dim, Depth = depth, Heads = heads, Mlp = mlp, Activation = activation }, new HeadShape(HeadKind.Linear, 0, 10));
        var theta = ModelInitializer.Initialize(ParameterLayout.Of(model, head), Initialization.XavierUniform, 5, 5);
        const int samples = 13;
        var images = Noise(samples * model.Pixels, 9);
        var (outputs, gradients) = Run(null);
        var (whole, wholeGradients) = Run(new(RandomSource.Named(1, "dropout/1"), double.Epsilon, 0));
        Assert.Equal(whole, outputs);
        Assert.Equal(wholeGradients, gradients);

        (float[] Outputs, float[] Gradients) Run(Drops? drops)
        {
            var pass = NetworkPass.Of(model, head);
            var weights = new StepWeights(pass.Layout);
            weights.Refresh(theta);
            var (made, sums) = (new float[NetworkPass.TileSamples * 10], new float[theta.Length]);
            pass.Forward(weights, images, samples, made, drops);
            pass.Backward(weights, made.AsSpan(0, samples * 10), sums, headOnly: false);
            return (made, sums);
        }
    }

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
    static void Check(Architecture model, HeadShape head, Drops? drops = null)
    {
        var theta = ModelInitializer.Initialize(ParameterLayout.Of(model, head), Initialization.XavierUniform, 5, 5);
        var images = Noise(3 * model.Pixels, 9);
        var targets = new float[3 * head.Out];
        CrossEntropy.Smooth([0, 1, 2], head.Out, 0.1, targets);
        var (_, gradient) = Run(model, head, theta, images, targets, 3, drops);
        for (var i = 0; i < theta.Length; i++)
        {
            const float step = 4e-3f;
            var kept = theta[i];
            theta[i] = kept + step;
            var up = Run(model, head, theta, images, targets, 3, drops).Loss;
            theta[i] = kept - step;
            var down = Run(model, head, theta, images, targets, 3, drops).Loss;
            theta[i] = kept;
            Assert.Equal((up - down) / (2 * step), gradient[i], 4e-4);
        }
    }

    static (double Loss, float[] Gradient) Run(Architecture model, HeadShape head, float[] theta, float[] images, float[] targets, int samples, Drops? drops = null)
    {
        var pass = NetworkPass.Of(model, head);
        var weights = new StepWeights(pass.Layout);
        weights.Refresh(theta);
        var outputs = new float[samples * head.Out];
        var slopes = new float[outputs.Length];
        var gradient = new float[theta.Length];
        pass.Forward(weights, images, samples, outputs, drops);
        var loss = CrossEntropy.Run(samples, head.Out, outputs, targets, samples, slopes);
        pass.Backward(weights, slopes, gradient, headOnly: false);
        return (loss / samples, gradient);
    }

    static (float[] Outputs, float[] Features) Forward(Architecture model, HeadShape head, float[] theta, float[] images, int samples, Drops? drops)
    {
        var pass = NetworkPass.Of(model, head);
        var weights = new StepWeights(pass.Layout);
        weights.Refresh(theta);
        var outputs = new float[samples * head.Out];
        pass.Forward(weights, images, samples, outputs, drops);
        return (outputs, pass.Features);
    }

    static float[] Noise(int count, ulong seed)
    {
        var source = new RandomSource(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(source.NextUnit() * 2 - 1))];
    }
}
