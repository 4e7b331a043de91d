using ModelZoo.Learning.Randomness;
using ModelZoo.Learning.Yaml;

namespace ModelZoo.Learning.Blueprints;

/// <summary>A varied setting of a stage, in one of the forms a blueprint may give it.</summary>
abstract record Factor(string Name, YamlNode Place);

/// <summary>Every value, one after the other. A value that is a mapping sets several settings together.</summary>
sealed record ListFactor(string Name, YamlNode Place, IReadOnlyList<YamlNode> Values) : Factor(Name, Place);

/// <summary>Runs along another factor instead of multiplying.</summary>
sealed record ZipFactor(string Name, YamlNode Place, string Along, IReadOnlyList<YamlNode> Values) : Factor(Name, Place);

/// <summary>Varies only where a condition on an earlier factor or a setting holds.</summary>
sealed record ConditionalFactor(string Name, YamlNode Place, YamlMap When, IReadOnlyList<YamlNode> Values, YamlNode? Else) : Factor(Name, Place);

/// <summary>Drawn as often as the stage samples.</summary>
sealed record RandomFactor(string Name, YamlNode Place, RandomKind Kind, double First, double Second, IReadOnlyList<YamlNode> Choices) : Factor(Name, Place)
{
    /// <summary>Figures kept of a drawn number, so that identities do not depend on the last bit of somebody's exp.</summary>
    const int Figures = 6;

    /// <param name="draw">From 0.</param>
    public YamlNode Draw(string stage, ulong seed, int draw)
    {
        var stream = RandomSource.Named(seed, $"blueprint/{stage}/{Name}");
        stream.Position = (ulong)draw * (Kind is RandomKind.Normal or RandomKind.LogNormal ? 2UL : 1UL);
        if (Kind == RandomKind.Choice) return Choices[stream.Below(Choices.Count)];
        if (Kind == RandomKind.RandInt) return Made((double)(long)First + stream.Below(checked((int)(Second - First + 1))), whole: true);
        return Made(Kind switch
        {
            RandomKind.Uniform => First + (Second - First) * stream.NextUnit(),
            RandomKind.LogUniform => Math.Exp(Math.Log(First) + (Math.Log(Second) - Math.Log(First)) * stream.NextUnit()),
            RandomKind.Normal => First + Second * stream.NextNormal(),
            _ => Math.Exp(First + Second * stream.NextNormal()),
        }, whole: false);
    }

    YamlScalar Made(double number, bool whole)
    {
        if (whole) return new(Place.Line, Place.Key, CanonicalJson.Number(number), (long)number);
        var kept = double.Parse(number.ToString($"E{Figures - 1}"));
        return new(Place.Line, Place.Key, CanonicalJson.Number(kept), kept);
    }
}

enum RandomKind { Uniform, LogUniform, Normal, LogNormal, RandInt, Choice }
