using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace ActorTrainer.Api;

/// <summary>What a key allows; each includes those before it.</summary>
internal enum ApiScope { Read, Submit, Admin }

/// <summary>A key as a node knows it: only by its SHA-256, in 64 lower-case hex digits.</summary>
internal sealed record ApiKey(ApiScope Scope, string Hash)
{
    private const int SecretBytes = 32;

    /// <summary>A new one, which is shown once and kept nowhere.</summary>
    public static string NewSecret() => "atk_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));

    public static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>The key that was presented, the most powerful where it stands there twice; null: it is none of these. Takes as long whichever it is.</summary>
    public static ApiKey? Find(string secret, ImmutableArray<ApiKey> keys)
    {
        byte[] presented = Encoding.ASCII.GetBytes(HashOf(secret));
        ApiKey? found = null;
        foreach (var key in keys)
        {
            if (CryptographicOperations.FixedTimeEquals(presented, Encoding.ASCII.GetBytes(key.Hash)) && !(found?.Scope > key.Scope)) found = key;
        }

        return found;
    }
}
