using System.Security.Cryptography.X509Certificates;

namespace ActorTrainer.Api.Client;

/// <summary>A gateway, and what it takes to be let in. Its text is its address alone: the key is shown nowhere.</summary>
/// <param name="Authority">Who must have signed the server's certificate; null: one that this system trusts.</param>
internal sealed record ServerAddress(Uri Address, string? Key, X509Certificate2? Authority)
{
    /// <summary>Throws <see cref="FormatException"/>, for a person.</summary>
    public static Uri Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new FormatException($"'{text}' is no server: an address such as http://127.0.0.1:4080 or https://10.0.0.1:4080 is needed.");
        if (address.UserInfo.Length > 0 || address.PathAndQuery != "/" || address.Fragment.Length > 0)
            throw new FormatException("A server's address has no user, path or query, only https://HOST:PORT; a key is passed with --key or $ACTORTRAINER_KEY.");
        return address;
    }

    public override string ToString() => Address.GetLeftPart(UriPartial.Authority);
}
