using System.IO.Pipelines;

namespace ModelZoo.Hub.Storage.Sending;

/// <summary>A connection read as before and written straight to its socket.</summary>
sealed class SendFileConnection(PipeReader input, SocketPipeWriter output) : IDuplexPipe
{
    public PipeReader Input => input;

    public PipeWriter Output => output;
}
