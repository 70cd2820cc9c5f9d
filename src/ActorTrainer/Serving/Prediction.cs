namespace ActorTrainer.Serving;

/// <summary>What a model says to a picture, as commands and the API show it.</summary>
/// <param name="Probability">A fraction of 1.</param>
internal sealed record Prediction(string Label, double Probability);
