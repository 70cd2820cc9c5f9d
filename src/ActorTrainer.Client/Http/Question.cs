namespace ActorTrainer.Client.Http;

/// <summary>A request as often as it has to be made: message and body are new each time.</summary>
internal sealed record Question(HttpMethod Method, string Path)
{
    /// <summary>Longer than a gateway waits for the coordinator.</summary>
    public static readonly TimeSpan UsualPatience = TimeSpan.FromMinutes(2);

    /// <summary>Longer than a gateway waits for data to be looked at, or a model to be loaded.</summary>
    public static readonly TimeSpan LongPatience = TimeSpan.FromMinutes(11);

    /// <summary>Makes the body; it may call what it is given whenever it gets on, so that nobody loses patience with what is only long.</summary>
    public Func<Action, HttpContent>? Body { get; init; }

    public Action<HttpRequestMessage>? Head { get; init; }

    /// <summary>Said twice it is as said once, so it may be said again where nobody knows whether it was heard.</summary>
    public bool IsRepeatable { get; init; } = Method == HttpMethod.Get;

    /// <summary>Until the answer is there, without a sign of life.</summary>
    public TimeSpan Patience { get; init; } = UsualPatience;

    /// <summary>For how long 503 is not taken for an answer; null: as long as the client's patience is.</summary>
    public TimeSpan? Wait { get; init; }

    public HttpRequestMessage MessageTo(Uri server, Action alive)
    {
        var message = new HttpRequestMessage(Method, new Uri(server, Path)) { Content = Body?.Invoke(alive) };
        Head?.Invoke(message);
        return message;
    }
}
