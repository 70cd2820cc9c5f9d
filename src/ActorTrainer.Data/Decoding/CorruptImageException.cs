namespace ActorTrainer.Data.Decoding;

/// <summary>One file can't be decoded. The message is the reason alone, such as "ends too early"; whoever catches it knows the file.</summary>
internal sealed class CorruptImageException(string reason, Exception? inner = null) : Exception(reason, inner);
