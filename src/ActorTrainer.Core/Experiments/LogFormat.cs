namespace ActorTrainer.Core.Experiments;

/// <summary>How a node writes its log: lines for people, or a JSON object a line for machines.</summary>
public enum LogFormat { Text, Json }
