using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Inference.Runtime;

/// <summary>What one run gave: tensors, and lists of class scores from models of classical machine learning. Dispose it to free the tensors.</summary>
public sealed class RunOutputs : IDisposable
{
    readonly IReadOnlyList<string> _names;
    readonly object[] _values;

    internal RunOutputs(IReadOnlyList<string> names, object[] values) => (_names, _values) = (names, values);

    public IReadOnlyList<string> Names => _names;

    public Tensor this[string name] => TryGetTensor(name, out var tensor) ? tensor : throw Wrong(name, "tensor");

    public Tensor this[int index] => _values[index] as Tensor ?? throw Wrong(_names[index], "tensor");

    public bool TryGetTensor(string name, [NotNullWhen(true)] out Tensor? tensor)
    {
        var index = IndexOf(name);
        tensor = index >= 0 ? _values[index] as Tensor : null;
        return tensor is not null;
    }

    /// <summary>A sequence of maps: for each row the score of each class, in the model's order.</summary>
    public IReadOnlyList<IReadOnlyList<KeyValuePair<string, float>>> Maps(string name) =>
        IndexOf(name) is >= 0 and var index && _values[index] is IReadOnlyList<IReadOnlyList<KeyValuePair<string, float>>> maps ? maps : throw Wrong(name, "list of class scores");

    /// <summary>Takes a tensor out: it outlives this object and is the caller's to dispose.</summary>
    public Tensor Take(string name)
    {
        var tensor = this[name];
        _values[IndexOf(name)] = this;
        return tensor;
    }

    public void Dispose()
    {
        foreach (var value in _values) (value as Tensor)?.Dispose();
    }

    int IndexOf(string name)
    {
        for (var i = 0; i < _names.Count; i++)
            if (_names[i] == name) return i;
        return -1;
    }

    InferenceException Wrong(string name, string kind) =>
        new(InferenceFault.Model, IndexOf(name) < 0 ? $"The model has no output '{name}'; it has {string.Join(", ", _names)}." : $"Output '{name}' is no {kind}.");
}
