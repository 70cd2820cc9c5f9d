namespace ActorTrainer.Api;

/// <summary>A request that is not what its address takes. The message is for whoever sent it.</summary>
internal sealed class BodyException(int status, string message) : Exception(message)
{
    public int Status => status;
}
