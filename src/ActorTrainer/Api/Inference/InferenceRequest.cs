using System.Collections.Immutable;
using ActorTrainer.Core.Models;
using Microsoft.AspNetCore.Http;

namespace ActorTrainer.Api.Inference;

/// <summary>An output that is wanted, and how.</summary>
/// <param name="Best">Instead of the tensor, its so many largest values, each with its class; null: the tensor.</param>
internal readonly record struct WantedOutput(string Name, bool Binary, int? Best = null);

/// <summary>
/// A request of the Open Inference Protocol, however it came, with the extensions for binary data and classification. Parameters that are not known here are passed
/// over, as the protocol has it, except those that would have the answer somewhere else.
/// </summary>
/// <param name="Shape">Of the input: N, H, W, C.</param>
/// <param name="Pixels">Row-major.</param>
/// <param name="Patience">How long the sender waits; null: it does not say.</param>
internal sealed record InferenceRequest(string? Id, ImmutableArray<int> Shape, ReadOnlyMemory<byte> Pixels, ImmutableArray<WantedOutput> Outputs, TimeSpan? Patience)
{
    public const string Input = "image", InputType = "UINT8", Probabilities = "probabilities", Labels = "labels";

    /// <summary>Names of parameters.</summary>
    public const string SharedMemory = "shared_memory_region", Classification = "classification", TimeLimit = "timeout";

    private static readonly ImmutableArray<string> AllOutputs = [Probabilities, Labels];

    /// <summary>One memory a picture. Throws <see cref="BodyException"/> where they are not of the model's shape.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> PicturesFor(ModelDescription model)
    {
        if (!Shape.AsSpan()[1..].SequenceEqual([model.ImageSize, model.ImageSize, model.Channels]))
            throw Wrong($"The input '{Input}' has the shape [{string.Join(", ", Shape)}]; this model takes [-1, {model.ImageSize}, {model.ImageSize}, {model.Channels}].");
        int bytes = Pixels.Length / Shape[0];
        return [.. Enumerable.Range(0, Shape[0]).Select(i => Pixels.Slice(i * bytes, bytes))];
    }

    public static BodyException Wrong(string message) => new(StatusCodes.Status400BadRequest, message);

    public static BodyException NotOneInput() => Wrong($"One input is needed, '{Input}'.");

    /// <param name="type">Null: none is given.</param>
    public static void CheckInput(string? name, string? type, bool isInSharedMemory)
    {
        if (name != Input) throw NotOneInput();
        if (type != InputType) throw Wrong($"The input '{Input}' is of the type {InputType}, not {type ?? "none"}.");
        if (isInSharedMemory) throw Wrong($"The input '{Input}' stands in shared memory, which is not read here: send its data.");
    }

    /// <param name="sides">Null: they are no whole numbers.</param>
    public static ImmutableArray<int> CheckedShape(IReadOnlyList<long>? sides) =>
        sides is [> 0 and <= Admission.MaxPictures, > 0 and <= short.MaxValue, > 0 and <= short.MaxValue, 1 or 3] ? [.. sides.Select(side => (int)side)]
            : throw Wrong($"The input '{Input}' has the shape [N, H, W, C] with 1 to {Admission.MaxPictures} pictures.");

    /// <summary>So many values, a byte each.</summary>
    public static long LengthOf(ImmutableArray<int> shape) => shape.Aggregate(1L, (product, side) => product * side);

    public static ImmutableArray<WantedOutput> All(bool binary) => [.. AllOutputs.Select(name => new WantedOutput(name, binary))];

    /// <param name="best">Null: classification is not asked for; what is no number of classes is refused.</param>
    public static WantedOutput CheckedOutput(string? name, bool binary, bool isInSharedMemory, long? best)
    {
        if (name is null || !AllOutputs.Contains(name)) throw Wrong($"The outputs are {string.Join(" and ", AllOutputs)}.");
        if (isInSharedMemory) throw Wrong($"The output '{name}' is asked for in shared memory, which is not written here: it comes with the answer.");
        if (best is null) return new(name, binary);
        if (name != Probabilities) throw Wrong($"The output '{name}' has no largest values: classification is for '{Probabilities}'.");
        return best is > 0 and <= int.MaxValue ? new(name, binary, (int)best) : throw Wrong("classification: how many classes, at least 1.");
    }

    /// <summary>Each once: what an answer holds is bounded by what the model says, not by what is asked.</summary>
    public static ImmutableArray<WantedOutput> EachOnce(IEnumerable<WantedOutput> outputs)
    {
        ImmutableArray<WantedOutput> wanted = [.. outputs.Take(AllOutputs.Length + 1)];
        return wanted.DistinctBy(output => output.Name).Count() == wanted.Length ? wanted : throw Wrong("An output is asked for twice.");
    }

    /// <param name="microseconds">As clients of Triton say it; 0: no matter; null: it is no whole number.</param>
    public static TimeSpan? CheckedPatience(long? microseconds) => microseconds is >= 0 and <= int.MaxValue
        ? microseconds == 0 ? null : TimeSpan.FromMicroseconds(microseconds.Value) : throw Wrong("The parameter timeout is a whole number of microseconds.");
}
