namespace ActorTrainer.Actors.Journal;

/// <summary>A journal that can't be reached, is damaged, or was written by a newer version. The message is for a person, names the journal, and holds no secret.</summary>
public sealed class JournalException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A text that says where a journal is can't be understood. The message is for a person and does not repeat the text, which may hold a password.</summary>
public sealed class JournalLocationException(string problem) : Exception($"The journal's location (${JournalLocation.Variable}) can't be used: {problem}.");
