using System.Globalization;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;

namespace ActorTrainer.Api.Inference.Rpc;

/// <summary>The API's errors as gRPC says them: a code, and the same sentence for a person.</summary>
internal sealed class RpcProblems(Action<string> report) : Interceptor
{
    private const string ContentType = "application/grpc";

    public static bool IsSpokenBy(HttpRequest request) => request.ContentType?.StartsWith(ContentType, StringComparison.Ordinal) == true;

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (RpcException or OperationCanceledException))
        {
            var (status, detail) = Problems.Describe(e, context.GetHttpContext(), report);
            throw new RpcException(new(CodeOf(status), detail));
        }
    }

    /// <summary>For what is refused before gRPC gets to see it. The call is answered, so the status of HTTP is 200.</summary>
    public static void Refuse(HttpResponse response, int status, string detail)
    {
        var code = response.HttpContext.GetEndpoint() is null && status == StatusCodes.Status404NotFound ? StatusCode.Unimplemented : CodeOf(status);
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = ContentType;
        response.Headers.GrpcStatus = ((int)code).ToString(CultureInfo.InvariantCulture);
        response.Headers.GrpcMessage = Uri.EscapeDataString(detail);
    }

    private static StatusCode CodeOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest or StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType or StatusCodes.Status422UnprocessableEntity => StatusCode.InvalidArgument,
        StatusCodes.Status401Unauthorized => StatusCode.Unauthenticated,
        StatusCodes.Status403Forbidden => StatusCode.PermissionDenied,
        StatusCodes.Status404NotFound => StatusCode.NotFound,
        StatusCodes.Status429TooManyRequests => StatusCode.ResourceExhausted,
        StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
        StatusCodes.Status504GatewayTimeout => StatusCode.DeadlineExceeded,
        _ => StatusCode.Internal,
    };
}
