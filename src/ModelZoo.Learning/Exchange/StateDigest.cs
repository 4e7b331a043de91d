using System.Security.Cryptography;
using System.Text;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>What a state is, whatever file it lies in: SHA-256 over name, type, shape and bytes of its tensors in the order of their names.</summary>
public static class StateDigest
{
    public static async Task<string> OfAsync(IReadOnlyList<TensorContent> tensors, CancellationToken stop)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        foreach (var tensor in tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            sha.AppendData(Encoding.UTF8.GetBytes($"{tensor.Name}\n{tensor.DType.Name}\n{string.Join(',', tensor.Shape)}\n"));
            for (var done = 0L; done < tensor.ByteLength;)
            {
                var read = await tensor.Source.ReadAsync(tensor.Offset + done, buffer.AsMemory(0, (int)Math.Min(buffer.Length, tensor.ByteLength - done)), stop);
                if (read <= 0) throw new Populations.PopulationException($"The content of '{tensor.Name}' ends too early.");
                sha.AppendData(buffer, 0, read);
                done += read;
            }
        }
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}
