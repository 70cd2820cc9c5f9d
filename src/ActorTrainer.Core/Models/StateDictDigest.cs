using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ActorTrainer.Core.Models;

/// <summary>
/// One number for all weights. SHA-256 over the entries sorted by name (ordinal): name in UTF-8, a zero byte, torch's dtype name, a zero byte,
/// the shape as little-endian int64s, the little-endian data in row-major order. Anyone can compute it from a state dict in a few lines of Python.
/// </summary>
public static class StateDictDigest
{
    /// <summary>64 lower-case hex digits.</summary>
    public static string Of(IEnumerable<NamedTensor> stateDict)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[sizeof(long)];
        foreach (var tensor in stateDict.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            Text(tensor.Name);
            Text(tensor.Type.TorchName());
            foreach (long axis in tensor.Shape)
            {
                BinaryPrimitives.WriteInt64LittleEndian(number, axis);
                hash.AppendData(number);
            }

            hash.AppendData(tensor.Data.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Text(string text)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(text));
            hash.AppendData([0]);
        }
    }
}
