using System.Net.Sockets;
using System.Security.Authentication;

namespace ActorTrainer.Client.Http;

/// <summary>What became of a request that no answer came to: whether it was sent at all decides what may be done next.</summary>
internal static class Losses
{
    public static ServiceException Of(HttpRequestException e, string server) => e.HttpRequestError switch
    {
        HttpRequestError.SecureConnectionError when e.InnerException is AuthenticationException => new(ServiceFailure.NotTrusted, $"{server} can't be reached: no TLS connection, or a certificate that is not trusted.", e),
        HttpRequestError.NameResolutionError => new(ServiceFailure.NotReached, $"{server} can't be reached: there is no host of that name.", e),
        HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError => new(ServiceFailure.NotReached, $"{server} can't be reached: {Reason(e)}", e),
        HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse => Of(server, "it broke the connection off, as something that speaks no HTTP does, or HTTPS only.", e),
        _ => Of(server, Reason(e), e),
    };

    public static ServiceException Of(IOException e, string server) => Of(server, e.Message, e);

    public static ServiceException Silent(string server, OperationCanceledException e) => e.InnerException is TimeoutException
        ? new(ServiceFailure.NotReached, $"{server} can't be reached: nobody takes the connection. Is the address right?", e)
        : new(ServiceFailure.Lost, $"{server} does not answer. Is it a gateway, and is the address right?", e);

    private static ServiceException Of(string server, string reason, Exception e) => new(ServiceFailure.Lost, $"{server} can't be reached: {reason}", e);

    private static string Reason(HttpRequestException e) => e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused }
        ? "the connection is refused. Is a gateway running there?" : (e.InnerException ?? e).Message;
}
