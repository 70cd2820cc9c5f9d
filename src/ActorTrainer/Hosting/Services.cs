using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Hosting;

/// <summary>
/// What commands get from the rest of the product. Made on first use: a command that only reads the journal never loads a codec, libtorch or Akka.
/// </summary>
/// <param name="Export">Writes a model's weights to a file; the extension says which format.</param>
internal sealed record Services(
    RunExperiment Train, Func<IDataReader> Data, Func<IEngine> Engine, ExportModel Export);

/// <summary>Writes weights in the form that <paramref name="file"/>'s extension names; throws <see cref="EngineException"/> for one that is not known.</summary>
internal delegate void ExportModel(ModelDescription model, ImmutableArray<NamedTensor> weights, string file);
