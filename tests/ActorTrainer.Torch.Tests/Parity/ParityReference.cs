using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Models;
using ActorTrainer.Torch.Models;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Parity;

/// <summary>The first step's gradient of one parameter in fp64: its norm and entries at sampled places.</summary>
public sealed record GradientReference(double Norm, ImmutableArray<double> Entries);

/// <summary>
/// What PyTorch computed (TestData/parity.py): 20 steps of SGD, rate 0.01, momentum 0.9, mean cross-entropy, training mode. Weights, pixels and labels
/// are made here by the same formula.
/// </summary>
public sealed class ParityReference
{
    private static readonly JsonSerializerOptions Naming = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static ImmutableArray<string> Models => ["lenet5", "resnet18", "resnet50", "vit_tiny"];

    public required string Model { get; init; }
    public required int Channels { get; init; }
    public required int ImageSize { get; init; }
    public required int Classes { get; init; }
    public required int Batch { get; init; }
    public required ImmutableArray<double> LossesFp64 { get; init; }
    public required ImmutableArray<double> LossesFp32 { get; init; }
    public required IReadOnlyDictionary<string, GradientReference> Gradients { get; init; }

    public int Steps => LossesFp64.Length;

    public static ParityReference Load(string model) =>
        JsonSerializer.Deserialize<ParityReference>(
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "TestData", $"parity-{model}.json")), Naming)!;

    /// <summary>(pixel / 255 - 0.5) / 0.25, no dropout.</summary>
    public ModelDescription Description => Some.Description(Model, Classes, Channels, ImageSize, dropout: 0);

    /// <summary>Fills the parameters; buffers keep what they begin with.</summary>
    public static void Fill(ImageModel model)
    {
        using var scope = NewDisposeScope();
        using var still = no_grad();
        foreach (var (name, parameter) in model.named_parameters())
            parameter.copy_(tensor(Formula.Weight(name, parameter.shape), parameter.shape));
    }

    /// <summary>The batch of a step, counted from 0. The caller owns it.</summary>
    public HostBatch HostBatch(int step)
    {
        byte[] pixels = Formula.Pixels(step, Batch * ImageSize * ImageSize * Channels);
        var memory = MemoryPool<byte>.Shared.Rent(pixels.Length);
        pixels.CopyTo(memory.Memory);
        int[] labels = [.. Enumerable.Range(0, Batch).Select(i => (step * Batch + i) * 7 % Classes)];
        float[] weights = [.. Enumerable.Repeat(1f, Batch)];
        return new(new(step + 1, 0, [.. Enumerable.Range(step * Batch, Batch)]), ImageSize, ImageSize, Channels, memory, labels, weights);
    }

    /// <summary>Where the entries of a parameter's gradient were sampled, in its row-major order.</summary>
    public int[] SampledAt(string parameter, long count)
    {
        ulong hash = Formula.Name("sample." + parameter);
        return [.. Enumerable.Range(0, Gradients[parameter].Entries.Length).Select(i => (int)(Formula.Word(hash, i) % (ulong)count))];
    }

    /// <summary>The greatest difference from the reference, of the norm relative to it and of the entries relative to the gradient's root mean square.</summary>
    /// <param name="gradient">Row-major.</param>
    public double GradientError(string parameter, ReadOnlySpan<double> gradient)
    {
        var reference = Gradients[parameter];
        double norm = 0, error = 0;
        foreach (double value in gradient) norm += value * value;
        norm = Math.Sqrt(norm);
        double size = Math.Max(reference.Norm, 1e-12), mean = size / Math.Sqrt(gradient.Length);
        int[] at = SampledAt(parameter, gradient.Length);
        for (int i = 0; i < at.Length; i++) error = Math.Max(error, Math.Abs(gradient[at[i]] - reference.Entries[i]) / mean);
        return Math.Max(error, Math.Abs(norm - reference.Norm) / size);
    }
}
