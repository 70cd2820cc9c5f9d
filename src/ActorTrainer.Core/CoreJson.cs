using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core;

/// <summary>JSON as the product writes it: snake_case keys, enums by name, identifiers as bare values, numbers that read back to the same bits.</summary>
public static class CoreJson
{
    /// <summary>As the journal and the messages have it: everything outside ASCII escaped.</summary>
    public static JsonSerializerOptions Options { get; } = Create(null);

    /// <summary>For people and scripts, on stdout and in files of lines: text as it is, only what JSON itself asks for is escaped. Not for HTML.</summary>
    public static JsonSerializerOptions Readable { get; } = Create(JavaScriptEncoder.UnsafeRelaxedJsonEscaping);

    private static JsonSerializerOptions Create(JavaScriptEncoder? encoder)
    {
        var options = new JsonSerializerOptions
        {
            Encoder = encoder,
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            Converters =
            {
                new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower),
                new Bare<ExperimentName>(name => name.Value, text => new(text)),
                new BareNumber<StepNumber>(step => step.Value, value => new(value)),
                new BareNumber<Generation>(generation => generation.Value, value => new(checked((int)value))),
                new Bare<CheckpointId>(id => id.ToString(),
                    text => CheckpointId.TryParse(text, out var id) ? id : throw new JsonException($"'{text}' is not a checkpoint.")),
            },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private sealed class Bare<T>(Func<T, string> write, Func<string, T> read) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String ? Parse(reader.GetString()!) : throw new JsonException($"A string is needed for {typeof(T).Name}.");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(write(value));

        private T Parse(string text)
        {
            try
            {
                return read(text);
            }
            catch (ArgumentException e)
            {
                throw new JsonException(e.Message, e);
            }
        }
    }

    private sealed class BareNumber<T>(Func<T, long> write, Func<long, T> read) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.TokenType == JsonTokenType.Number
            ? read(reader.GetInt64())
            : throw new JsonException(string.Create(CultureInfo.InvariantCulture, $"A whole number is needed for {typeof(T).Name}."));

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteNumberValue(write(value));
    }
}
