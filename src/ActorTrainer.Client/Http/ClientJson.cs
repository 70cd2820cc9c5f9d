using System.Text.Json;
using System.Text.Json.Serialization;

namespace ActorTrainer.Client.Http;

/// <summary>JSON as the service speaks it: snake_case keys, enums by name. What this version has no name for is passed over, so that a newer service is understood.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(ClusterDescription))]
[JsonSerializable(typeof(ExperimentSummary[]))]
[JsonSerializable(typeof(ExperimentDetails))]
[JsonSerializable(typeof(TrainingStep[]))]
[JsonSerializable(typeof(Submission))]
[JsonSerializable(typeof(CheckedConfiguration))]
[JsonSerializable(typeof(Prunable[]))]
[JsonSerializable(typeof(ModelSummary[]))]
[JsonSerializable(typeof(ModelDetails))]
[JsonSerializable(typeof(Canary))]
[JsonSerializable(typeof(VersionChoice))]
[JsonSerializable(typeof(PredictionAnswer))]
[JsonSerializable(typeof(DataSet[]))]
internal sealed partial class ClientJson : JsonSerializerContext;
