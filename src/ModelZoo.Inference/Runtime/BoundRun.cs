namespace ModelZoo.Inference.Runtime;

/// <summary>A session with inputs and outputs tied to tensors once, to be run again and again without looking anything up. For one thread.</summary>
public sealed unsafe class BoundRun : IDisposable
{
    readonly OnnxSession _session;
    readonly OrtHandle _binding;
    readonly List<Tensor> _kept = [];

    public BoundRun(OnnxSession session, ReadOnlySpan<(string Name, Tensor Value)> inputs, ReadOnlySpan<(string Name, Tensor Value)> outputs)
    {
        _session = session;
        nint binding = 0;
        using (var held = session.Handle.Hold()) session.Api.Call(OrtSlot.CreateIoBinding, held.Value, (nint)(&binding));
        _binding = new(session.Api, binding, OrtSlot.ReleaseIoBinding);
        try
        {
            foreach (var (name, value) in inputs) Bind(OrtSlot.BindInput, name, value);
            foreach (var (name, value) in outputs) Bind(OrtSlot.BindOutput, name, value);
        }
        catch
        {
            _binding.Dispose();
            throw;
        }
    }

    void Bind(OrtSlot slot, string name, Tensor value)
    {
        using var names = new NativeNames([name]);
        using var held = value.Value.Hold();
        _session.Api.Call(slot, _binding.DangerousGetHandle(), names[0], held.Value);
        _kept.Add(value);
    }

    public void Run(CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        using var session = _session.Handle.Hold();
        using var binding = _binding.Hold();
        using var options = new RunCancellation(_session.Api, stop);
        try
        {
            _session.Api.Call(OrtSlot.RunWithBinding, session.Value, options.Options, binding.Value);
        }
        catch (InferenceException)
        {
            stop.ThrowIfCancellationRequested();
            throw;
        }
        GC.KeepAlive(_kept);
    }

    public void Dispose() => _binding.Dispose();
}
