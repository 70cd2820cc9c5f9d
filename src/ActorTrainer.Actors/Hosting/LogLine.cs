using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ActorTrainer.Core;

namespace ActorTrainer.Actors.Hosting;

/// <summary>
/// What a log says of one event: when, how bad, who, what, and which experiment and generation it is about. As text that is
/// <c>TIME LEVEL SOURCE [experiment=NAME generation=N]: MESSAGE</c>, and the stack of what went wrong below it; as JSON an object of these fields.
/// </summary>
/// <param name="Level">DEBUG, INFO, WARN or ERROR.</param>
/// <param name="Source">An actor by its path, anything else by its name; null: the program itself.</param>
/// <param name="Experiment">Null: it is about none.</param>
/// <param name="Generation">Null: it is about none, or the line does not know.</param>
/// <param name="Exception">With its stack; null: none.</param>
public sealed record LogLine(
    DateTimeOffset Time, string Level, string? Source, string Message, string? Experiment = null, int? Generation = null, string? Exception = null)
{
    private static readonly JsonSerializerOptions Json = new(CoreJson.Readable) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>What a node says to whoever started it.</summary>
    public static LogLine Said(DateTimeOffset time, string message) => new(time.ToUniversalTime(), "INFO", null, message);

    public string ToText()
    {
        string about = (Experiment, Generation) switch
        {
            (null, null) => "",
            ({ } name, null) => $" [experiment={name}]",
            (null, { } number) => string.Create(CultureInfo.InvariantCulture, $" [generation={number}]"),
            ({ } name, { } number) => string.Create(CultureInfo.InvariantCulture, $" [experiment={name} generation={number}]"),
        };
        string line = string.Create(CultureInfo.InvariantCulture, $"{Time:yyyy-MM-ddTHH:mm:ss.fffZ} {Level,-5} {Source}{about}: {Message}");
        return Exception is null ? line : line + Environment.NewLine + Exception;
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Null: it is none that <see cref="ToJson"/> has written.</summary>
    public static LogLine? Parse(string json)
    {
        try
        {
            return json.StartsWith('{') ? JsonSerializer.Deserialize<LogLine>(json, Json) : null;
        }
        catch (JsonException)
        {
            return null;        // cut off where its process was killed
        }
    }
}
