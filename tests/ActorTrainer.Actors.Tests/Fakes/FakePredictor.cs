using System.Collections.Immutable;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Serving;

namespace ActorTrainer.Actors.Tests.Fakes;

/// <summary>Says of each picture its first pixel and its negative. A gate holds the device while a test wants it to.</summary>
internal sealed class FakePredictor : IPredictor
{
    private readonly List<int> _batches = [];
    private int _thread;

    public ManualResetEventSlim Gate { get; } = new(initialState: true);
    public Exception? Broken { get; set; }
    public bool IsDisposed { get; private set; }
    public ModelDescription Model => Some.Model;

    /// <summary>Sizes of the batches that were asked for, the warm-up's first.</summary>
    public int[] Batches
    {
        get { lock (_batches) return [.. _batches]; }
    }

    public FakePredictor Open()
    {
        _thread = Environment.CurrentManagedThreadId;
        return this;
    }

    public float[] Logits(ImmutableArray<ReadOnlyMemory<byte>> pictures)
    {
        if (Environment.CurrentManagedThreadId != _thread) throw new InvalidOperationException("A foreign thread in a session.");
        lock (_batches) _batches.Add(pictures.Length);
        Gate.Wait();
        if (Broken is { } broken) throw broken;
        return [.. pictures.SelectMany(picture => new float[] { picture.Span[0], -picture.Span[0] })];
    }

    public void Dispose() => IsDisposed = true;
}
