using System.Buffers.Binary;
using System.Security.Cryptography;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Core.Training;

/// <summary>
/// One number for all that training goes on from: SHA-256 over the cursor (phase, step in phase, step, epochs before; little-endian int64s), then the
/// <see cref="StateDictDigest"/> of the weights and that of the optimizer's slots, 32 bytes each. Trainers that stand at one step have one hash.
/// </summary>
public static class StateHash
{
    /// <summary>64 lower-case hex digits.</summary>
    public static string Of(TrainingState state)
    {
        Span<byte> parts = stackalloc byte[(4 * sizeof(long)) + (2 * SHA256.HashSizeInBytes)];
        var (phase, stepInPhase, step, epochsBefore) = state.Cursor;
        BinaryPrimitives.WriteInt64LittleEndian(parts, phase);
        BinaryPrimitives.WriteInt64LittleEndian(parts[8..], stepInPhase);
        BinaryPrimitives.WriteInt64LittleEndian(parts[16..], step.Value);
        BinaryPrimitives.WriteInt64LittleEndian(parts[24..], epochsBefore);
        Convert.FromHexString(StateDictDigest.Of(state.Weights)).CopyTo(parts[32..]);
        Convert.FromHexString(StateDictDigest.Of(state.Optimizer)).CopyTo(parts[64..]);
        return Convert.ToHexStringLower(SHA256.HashData(parts));
    }
}
