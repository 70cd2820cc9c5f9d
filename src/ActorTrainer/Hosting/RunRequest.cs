using System.Collections.Immutable;

namespace ActorTrainer.Hosting;

/// <summary>What <c>run</c> was asked to do.</summary>
/// <param name="File">The experiment file as it was named.</param>
/// <param name="Overrides"><c>path=value</c>, in order; the last one wins.</param>
/// <param name="Runs">Where the run is to be.</param>
/// <param name="Fresh">An earlier run of this name is set aside first. Whoever asks has the user's consent.</param>
/// <param name="AcceptMachine">Go on although this machine computes other bits than the one the run was begun on.</param>
/// <param name="From"><c>NAME[@STEP|@best|@last]</c>: the checkpoint of another run to begin from.</param>
public sealed record RunRequest(string File, ImmutableArray<string> Overrides, RunsFolder Runs, bool Fresh, string? From, bool AcceptMachine = false);

/// <summary>Trains until it is done, interrupted or failed, tells <paramref name="observer"/> and returns the exit code.</summary>
public delegate Task<int> RunExperiment(RunRequest request, IRunObserver observer, CancellationToken cancel);
