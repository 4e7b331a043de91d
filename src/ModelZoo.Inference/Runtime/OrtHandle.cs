using Microsoft.Win32.SafeHandles;

namespace ModelZoo.Inference.Runtime;

/// <summary>Owns one native object. A use in progress (<see cref="Hold"/>) keeps it alive when another thread disposes it.</summary>
sealed class OrtHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    readonly OrtApi _api;
    readonly OrtSlot _release;

    public OrtHandle(OrtApi api, nint value, OrtSlot release)
        : base(ownsHandle: true)
    {
        (_api, _release) = (api, release);
        SetHandle(value);
    }

    public Use Hold() => new(this);

    protected override bool ReleaseHandle()
    {
        _api.Release(_release, handle);
        return true;
    }

    public readonly ref struct Use
    {
        readonly OrtHandle _owner;

        public Use(OrtHandle owner)
        {
            var held = false;
            owner.DangerousAddRef(ref held);    // throws ObjectDisposedException once it is gone
            (_owner, Value) = (owner, owner.handle);
        }

        public nint Value { get; }

        public void Dispose() => _owner.DangerousRelease();
    }
}
