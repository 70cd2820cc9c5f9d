using System.Text.Json;
using System.Text.Json.Serialization;

namespace ActorTrainer.Client;

/// <summary>How an experiment stands.</summary>
[JsonConverter(typeof(ExperimentStateConverter))]
public enum ExperimentState
{
    /// <summary>One that a newer service knows, and this library does not.</summary>
    Other,
    Queued,
    Running,
    Paused,

    /// <summary>Trained, and being measured.</summary>
    Evaluating,
    Completed,
    Failed,
    Cancelled,
}

internal sealed class ExperimentStateConverter : JsonConverter<ExperimentState>
{
    public override ExperimentState Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Enum.TryParse<ExperimentState>(reader.GetString(), ignoreCase: true, out var state) && Enum.IsDefined(state) ? state : ExperimentState.Other;

    public override void Write(Utf8JsonWriter writer, ExperimentState value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString().ToLowerInvariant());
}
