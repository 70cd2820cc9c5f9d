using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ActorTrainer.Core.Registry;

/// <summary>A version on trial: it is given a share of the requests that name no version.</summary>
/// <param name="Share">Of 1, greater than 0, at most 1.</param>
public sealed record Canary(string Version, double Share)
{
    private const double GoldenRatio = 0.6180339887498949;

    /// <summary>Whether the n-th request goes to it: the fractional parts of multiples of the golden ratio are spread as evenly as can be, so that the share is kept within any few requests, not only among many.</summary>
    public bool Takes(ulong request) => request * GoldenRatio % 1 < Share;

    /// <summary>Whether the requests of this caller go to it: always the same for a key, as long as the share is.</summary>
    public bool Takes(string key) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(key))) / (double)ulong.MaxValue < Share;
}
