using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>A form sent by a client, bounded.</summary>
static class FormBody
{
    /// <exception cref="Refusal">More or longer values than the limits allow.</exception>
    public static async Task<IFormCollection> ReadAsync(HttpRequest request, int valueCount, int valueLength, CancellationToken stop)
    {
        try
        {
            return await request.ReadFormAsync(new FormOptions { ValueCountLimit = valueCount, ValueLengthLimit = valueLength }, stop);
        }
        catch (InvalidDataException error)
        {
            throw new Refusal(RefusalKind.TooLarge, $"The form is larger than this address takes: {error.Message}");
        }
        catch (IOException error) when (error is not (BadHttpRequestException or ConnectionResetException))
        {
            throw Refusal.Invalid("The form ends before its closing boundary.");
        }
    }
}
