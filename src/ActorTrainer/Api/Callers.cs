using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace ActorTrainer.Api;

/// <summary>Whose requests count together.</summary>
internal static class Callers
{
    /// <summary>What one line gets of IPv6's 16 bytes: its holder may send from any address behind them.</summary>
    private const int NetworkBytes = 8;

    /// <summary>The key that was presented, else the address.</summary>
    public static string Of(HttpContext context) => context.Features.Get<ApiKey>() is { } key ? key.Hash : AddressOf(context.Connection.RemoteIpAddress);

    /// <summary>Of the connection; behind a proxy it is the proxy's. What a request says of itself is not believed.</summary>
    public static string AddressOf(IPAddress? address) => address switch
    {
        null => "",
        { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } => Convert.ToHexStringLower(address.GetAddressBytes().AsSpan()[..NetworkBytes]),
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        _ => address.ToString(),
    };
}
