using System.Collections.Immutable;
using System.Text.Json;

namespace ActorTrainer.Client.Http;

/// <summary>An error as the service tells it: problem+json (RFC 9457).</summary>
internal sealed record Problem(string? Detail = null, ImmutableArray<ConfigurationError>? Errors = null, string? RequestId = null)
{
    private const string MediaType = "application/problem+json";

    /// <summary>Whatever it looks like, it becomes one.</summary>
    public static async Task<ServiceException> OfAsync(HttpResponseMessage answer, string server, CancellationToken cancel)
    {
        var problem = answer.Content.Headers.ContentType?.MediaType == MediaType ? await ReadAsync(answer, cancel).ConfigureAwait(false) : null;
        int status = (int)answer.StatusCode;
        return new(ServiceFailure.Refused, problem?.Detail ?? $"{server} answers with status {status}: is it a gateway of a cluster?")
        {
            Status = status, Errors = problem?.Errors ?? [], RequestId = problem?.RequestId, RetryAfter = answer.Headers.RetryAfter?.Delta,
        };
    }

    private static async Task<Problem?> ReadAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        try
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            return await JsonSerializer.DeserializeAsync(stream, ClientJson.Default.Problem, cancel).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
