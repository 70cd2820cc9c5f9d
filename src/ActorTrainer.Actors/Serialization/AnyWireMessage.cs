using System.Text.Json;
using System.Text.Json.Serialization;

namespace ActorTrainer.Actors.Serialization;

/// <summary>A wire message inside another: an object with its name on the wire and its content, by the same closed table.</summary>
internal sealed class AnyWireMessage : JsonConverter<IWireMessage>
{
    public override IWireMessage Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        if (document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String
            && document.RootElement.TryGetProperty("content", out var content)
            && WireMessages.TypeOf(name.GetString()!) is { } known)
        {
            return (IWireMessage)(content.Deserialize(known, options) ?? throw new JsonException("A message inside a message is null."));
        }

        throw new JsonException("A message inside a message has no known name.");
    }

    public override void Write(Utf8JsonWriter writer, IWireMessage value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("name", WireMessages.NameOf(value.GetType()) ?? throw new JsonException($"{value.GetType().Name} has no name on the wire."));
        writer.WritePropertyName("content");
        JsonSerializer.Serialize(writer, value, value.GetType(), options);
        writer.WriteEndObject();
    }
}
