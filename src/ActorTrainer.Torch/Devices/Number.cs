using TorchSharp;

namespace ActorTrainer.Torch.Devices;

/// <summary>
/// Numbers for libtorch that live while it reads them. TorchSharp makes a finalisable <see cref="Scalar"/> of every number and hands its bare
/// address to native code without keeping it: a collection on another thread frees it in the middle of the call, which then fails or computes
/// with other bits. So nothing here converts implicitly (BannedSymbols.txt forbids it, and the additions that make a 1 of their own).
/// </summary>
internal static class Number
{
    /// <summary>Far more than one call takes; a power of two.</summary>
    private const int Kept = 1024;

    [ThreadStatic] private static Scalar[]? _ring;
    [ThreadStatic] private static int _next;

    /// <summary>For additions: a + 1 b.</summary>
    public static readonly Scalar One = 1.ToScalar();

    /// <summary>Lives until this thread has made 1,024 more.</summary>
    public static Scalar Of(double value)
    {
        var ring = _ring ??= new Scalar[Kept];
        return ring[_next++ & (Kept - 1)] = value.ToScalar();
    }
}
