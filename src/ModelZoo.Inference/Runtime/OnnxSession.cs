using System.Runtime.InteropServices;

namespace ModelZoo.Inference.Runtime;

/// <summary>
/// A loaded model. Runs keep no state and may be called from many threads at once; disposing waits for none of them, but what they use stays until
/// they end. Whether the file is fit to be loaded at all is <see cref="ModelGuard"/>'s to say, before.
/// </summary>
public sealed class OnnxSession : IDisposable
{
    readonly OrtApi _api;
    readonly OrtHandle _session;
    readonly NativeNames _inputNames;
    readonly NativeNames _outputNames;
    readonly Dictionary<string, int> _inputs;
    readonly string[] _outputs;

    OnnxSession(OrtApi api, nint session, SessionSettings settings)
    {
        (_api, Settings) = (api, settings);
        _session = new(api, session, OrtSlot.ReleaseSession);
        try
        {
            Inputs = PortReader.Read(api, session, OrtSlot.SessionGetInputCount, OrtSlot.SessionGetInputName, OrtSlot.SessionGetInputTypeInfo);
            Outputs = PortReader.Read(api, session, OrtSlot.SessionGetOutputCount, OrtSlot.SessionGetOutputName, OrtSlot.SessionGetOutputTypeInfo);
            Properties = PortReader.ReadProperties(api, session);
        }
        catch
        {
            _session.Dispose();
            throw;
        }
        _outputs = [.. Outputs.Select(port => port.Name)];
        _inputs = Inputs.Select((port, index) => (port.Name, index)).ToDictionary(pair => pair.Name, pair => pair.index, StringComparer.Ordinal);
        (_inputNames, _outputNames) = (new([.. Inputs.Select(port => port.Name)]), new(_outputs));
    }

    public IReadOnlyList<Port> Inputs { get; }

    public IReadOnlyList<Port> Outputs { get; }

    public ModelProperties Properties { get; }

    public SessionSettings Settings { get; }

    internal OrtHandle Handle => _session;

    internal OrtApi Api => _api;

    public Port? FindInput(string name) => _inputs.TryGetValue(name, out var index) ? Inputs[index] : null;

    public Port? FindOutput(string name) => Array.IndexOf(_outputs, name) is >= 0 and var index ? Outputs[index] : null;

    /// <summary>Loads a file after the guard has looked at it. External weights are mapped, not read; they must lie in the file's own folder.</summary>
    public static async Task<OnnxSession> OpenAsync(string path, SessionSettings settings, CancellationToken stop)
    {
        var weightBytes = await ModelGuard.CheckFileAsync(path, settings, stop);
        return Load(settings, weightBytes, (api, options) =>
        {
            var native = OperatingSystem.IsWindows() ? Marshal.StringToCoTaskMemUni(Path.GetFullPath(path)) : Marshal.StringToCoTaskMemUTF8(Path.GetFullPath(path));
            try
            {
                return api.Ask(OrtSlot.CreateSession, OnnxRuntime.Environment, native, options);
            }
            finally
            {
                Marshal.FreeCoTaskMem(native);
            }
        }, stop);
    }

    /// <summary>
    /// Loads a model from memory. Weights that it keeps elsewhere come from <paramref name="folder"/> (mapped; nothing outside it is touched), or from
    /// <paramref name="weights"/> by name (copied).
    /// </summary>
    public static async Task<OnnxSession> OpenAsync(
        ReadOnlyMemory<byte> model, SessionSettings settings, string? folder, IReadOnlyDictionary<string, Tensor>? weights, CancellationToken stop)
    {
        var weightBytes = await ModelGuard.CheckAsync(model, folder, weights, settings, stop);
        return Load(settings, weightBytes, (api, options) =>
        {
            if (folder is not null) Configure(api, options, "session.model_external_initializers_file_folder_path", Path.GetFullPath(folder));
            return Create(api, options, model.Span, weights);
        }, stop);
    }

    static unsafe nint Create(OrtApi api, nint options, ReadOnlySpan<byte> model, IReadOnlyDictionary<string, Tensor>? weights)
    {
        using var names = new NativeNames([.. weights?.Keys ?? []]);
        var values = weights?.Values.Select(tensor => tensor.Value.DangerousGetHandle()).ToArray() ?? [];
        fixed (nint* first = values)
            if (values.Length > 0) api.Call(OrtSlot.AddExternalInitializers, options, names.Pointer, (nint)first, values.Length);
        fixed (byte* bytes = model)
        {
            var session = api.Ask(OrtSlot.CreateSessionFromArray, OnnxRuntime.Environment, (nint)bytes, model.Length, options);
            GC.KeepAlive(weights);
            return session;
        }
    }

    static OnnxSession Load(SessionSettings settings, long weightBytes, Func<OrtApi, nint, nint> create, CancellationToken stop)
    {
        var api = OnnxRuntime.Api;
        var made = api.Ask(OrtSlot.CreateSessionOptions);
        using var options = new OrtHandle(api, made, OrtSlot.ReleaseSessionOptions);
        Configure(api, made, settings, weightBytes);
        // The registration must end before the options do: it writes to them.
        using var registration = stop.Register(() => api.Call(OrtSlot.SessionOptionsSetLoadCancellationFlag, made, 1));
        try
        {
            return new(api, create(api, made), settings);
        }
        catch (InferenceException e) when (e.Fault is InferenceFault.Execution or InferenceFault.Input)
        {
            stop.ThrowIfCancellationRequested();
            // Whatever stops a model from loading is a fault of the model.
            throw new InferenceException(InferenceFault.Model, e.Message, e);
        }
    }

    static void Configure(OrtApi api, nint options, SessionSettings settings, long weightBytes)
    {
        if (settings.Threads is < 1 or > 1024) throw new InferenceException(InferenceFault.Input, $"A session of {settings.Threads} threads cannot be.");
        api.Call(OrtSlot.SetIntraOpNumThreads, options, settings.Threads);
        api.Call(OrtSlot.SetInterOpNumThreads, options, 1);
        api.Call(OrtSlot.SetSessionExecutionMode, options, 0);
        api.Call(OrtSlot.SetSessionGraphOptimizationLevel, options, settings.Optimises ? 99 : 0);
        // Idle threads that spin cost other requests their processor: 993 against 385 ms for the same work (onnxruntime-binding measurements, 2026).
        Configure(api, options, "session.intra_op.allow_spinning", "0");
        if (!(settings.Prepacks ?? weightBytes < SessionSettings.PrepackBelowBytes)) Configure(api, options, "session.disable_prepacking", "1");
        if (settings.UsesSharedArena)
        {
            if (!OnnxRuntime.HasSharedArena) throw new InvalidOperationException("OnnxRuntime.LimitSharedArena has not been called.");
            Configure(api, options, "session.use_env_allocators", "1");
        }
        else if (!settings.UsesArena)
        {
            api.Call(OrtSlot.DisableCpuMemArena, options);
            api.Call(OrtSlot.DisableMemPattern, options);
        }
    }

    static void Configure(OrtApi api, nint options, string key, string value)
    {
        using var names = new NativeNames([key, value]);
        api.Call(OrtSlot.AddSessionConfigEntry, options, names[0], names[1]);
    }

    /// <summary>Computes all outputs.</summary>
    public RunOutputs Run(ReadOnlySpan<(string Name, Tensor Value)> inputs, CancellationToken stop) => Run(inputs, [], stop);

    /// <summary>Computes the named outputs, or all when none is named. Throws <see cref="OperationCanceledException"/> soon after <paramref name="stop"/>.</summary>
    public unsafe RunOutputs Run(ReadOnlySpan<(string Name, Tensor Value)> inputs, ReadOnlySpan<string> outputs, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (inputs.Length != Inputs.Count) throw MissingInput(inputs);
        var count = outputs.IsEmpty ? _outputs.Length : outputs.Length;
        Span<nint> addresses = stackalloc nint[(2 * (inputs.Length + count)) is <= 256 and var small ? small : 0];
        if (addresses.IsEmpty) addresses = new nint[2 * (inputs.Length + count)];
        addresses.Clear();
        var inNames = addresses[..inputs.Length];
        var inValues = addresses.Slice(inputs.Length, inputs.Length);
        var outNames = addresses.Slice(2 * inputs.Length, count);
        var outValues = addresses.Slice((2 * inputs.Length) + count, count);
        for (var i = 0; i < inputs.Length; i++)
        {
            var (name, value) = inputs[i];
            var index = _inputs.TryGetValue(name, out var found) ? found : throw MissingInput(inputs);
            if (Inputs[index].Type is { } type && type != value.Type)
                throw new InferenceException(InferenceFault.Input, $"Input '{name}' takes {type}, but {value.Type} was given.");
            inNames[i] = _inputNames[index];
            inValues[i] = value.Value.DangerousGetHandle();
        }
        for (var i = 0; i < count; i++) outNames[i] = _outputNames[outputs.IsEmpty ? i : IndexOfOutput(outputs[i])];
        var names = outputs.IsEmpty ? _outputs : outputs.ToArray();

        using var session = _session.Hold();
        using var options = stop.CanBeCanceled ? new RunCancellation(_api, stop) : null;
        try
        {
            fixed (nint* first = addresses)
                _api.Call(OrtSlot.Run, session.Value, options?.Options ?? 0, (nint)first, (nint)(first + inputs.Length), inputs.Length,
                    (nint)(first + (2 * inputs.Length)), count, (nint)(first + (2 * inputs.Length) + count));
        }
        catch (InferenceException)
        {
            stop.ThrowIfCancellationRequested();
            throw;
        }
        finally
        {
            foreach (var (_, value) in inputs) GC.KeepAlive(value);
        }
        return new(names, Adopt(outValues));
    }

    object[] Adopt(Span<nint> values)
    {
        var adopted = new object[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            try
            {
                adopted[i] = NativeValue.Adopt(_api, values[i]);
            }
            catch
            {
                foreach (var earlier in adopted) (earlier as Tensor)?.Dispose();
                for (var rest = i + 1; rest < values.Length; rest++) _api.Release(OrtSlot.ReleaseValue, values[rest]);
                throw;
            }
        }
        return adopted;
    }

    int IndexOfOutput(string name) => Array.IndexOf(_outputs, name) is >= 0 and var index ? index
        : throw new InferenceException(InferenceFault.Input, $"The model has no output '{name}'; it has {string.Join(", ", _outputs)}.");

    InferenceException MissingInput(ReadOnlySpan<(string Name, Tensor Value)> inputs)
    {
        var given = inputs.ToArray().Select(pair => pair.Name).ToList();
        var wanted = string.Join(", ", Inputs);
        if (given.Find(name => !_inputs.ContainsKey(name)) is { } unknown) return new(InferenceFault.Input, $"The model has no input '{unknown}'; it has {wanted}.");
        return _inputs.Keys.Except(given).FirstOrDefault() is { } missing
            ? new(InferenceFault.Input, $"Input '{missing}' is missing; the model takes {wanted}.") : new(InferenceFault.Input, "An input is given twice.");
    }

    public void Dispose() => _session.Dispose();
}
