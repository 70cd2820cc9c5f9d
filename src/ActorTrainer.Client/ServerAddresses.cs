using System.Collections.Immutable;

namespace ActorTrainer.Client;

/// <summary>The gateways of one cluster, as people write them down: <c>https://10.0.0.1:4080,https://10.0.0.2:4080</c>.</summary>
public static class ServerAddresses
{
    /// <summary>In their order, each once. Throws <see cref="FormatException"/>, for a person.</summary>
    public static ImmutableArray<Uri> Parse(string text)
    {
        ImmutableArray<Uri> all = [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(One).Distinct()];
        return all.IsEmpty ? [One(text)] : all;
    }

    /// <summary>As it is shown: the scheme, the host and the port.</summary>
    internal static string Show(Uri address) => address.GetLeftPart(UriPartial.Authority);

    /// <summary>Throws <see cref="FormatException"/> for what can be no gateway's.</summary>
    internal static Uri Check(Uri address)
    {
        if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https")) throw NoServer(address.ToString());
        if (address.UserInfo.Length > 0 || address.PathAndQuery != "/" || address.Fragment.Length > 0)
            throw new FormatException("A server's address has no user, path or query, only https://HOST:PORT; a key is passed by itself.");
        return address;
    }

    private static Uri One(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) ? Check(address) : throw NoServer(text);

    private static FormatException NoServer(string text) =>
        new($"'{text}' is no server: an address such as http://127.0.0.1:4080 or https://10.0.0.1:4080 is needed; several have commas between them.");
}
