namespace ModelZoo.Weights;

/// <summary>What kind of weight file some bytes are.</summary>
public enum WeightFormat
{
    /// <summary>None that this library knows.</summary>
    Unknown,
    Safetensors,
    /// <summary>The JSON file that says in which shard each tensor of a large model lies.</summary>
    SafetensorsIndex,
    Gguf,
    Onnx,
    /// <summary>A zip archive with a pickle and one entry per storage, as <c>torch.save</c> writes since PyTorch 1.6.</summary>
    PyTorchZip,
    /// <summary>Several pickles followed by the storages, as <c>torch.save</c> wrote before.</summary>
    PyTorchLegacy,
    /// <summary>A bare pickle. Its structure can be listed; it is never executed.</summary>
    Pickle,
    Npy,
    Npz,
    TFLite,
    /// <summary>HDF5, which Keras used for weights and whole models.</summary>
    Hdf5,
    /// <summary>Keras 3: a zip archive with a configuration and an HDF5 file.</summary>
    KerasZip,
    TensorFlowSavedModel,
    /// <summary>The <c>.index</c> file of a TensorFlow checkpoint.</summary>
    TensorFlowCheckpoint,
}
