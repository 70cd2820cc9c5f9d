using System.Runtime.InteropServices;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Torch.Gradients;
using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Gradients;

/// <summary>What a GPU's vectors do, with the CPU as the device; on a GPU where there is one.</summary>
public sealed class StagedMemorySpec
{
    [Fact]
    public void Nothing_is_copied_until_somebody_looks() => Looks(CPU);

    [SkippableFact]
    public void Nor_on_a_GPU()
    {
        Skip.IfNot(cuda.is_available(), "needs a CUDA device");
        Looks(new Device(DeviceType.CUDA, 0));
    }

    [Fact]
    public void Additions_on_the_device_are_those_of_the_host()
    {
        using FlatVector into = Vector(CPU, 1, 2, 3, 4), other = Vector(CPU, 10, 20, 30, 40);
        var (to, from) = (DeviceMemory.Of(into.HandOut())!, DeviceMemory.Of(other.HandOut())!);
        to.Add(1 * sizeof(float), from, 2 * sizeof(float), 2 * sizeof(float));
        Assert.False(to.IsOnHost);
        Assert.Equal([1f, 32f, 43f, 4f], into.Tensor.data<float>().ToArray());
    }

    [Fact]
    public void Rented_memory_is_of_the_same_kind_and_lives_until_it_is_disposed()
    {
        using var vector = Vector(CPU, 1, 2, 3, 4);
        var memory = DeviceMemory.Of(vector.HandOut())!;
        var rented = memory.Rent(8);
        memory.Add(0, memory, 8, 8);
        Assert.Equal(8, rented.Length);
        Assert.NotEqual(0, rented.Address);
        ((IDisposable)rented).Dispose();
        Assert.Equal([4f, 6f, 3f, 4f], vector.Tensor.data<float>().ToArray());
    }

    [Fact]
    public void An_address_is_that_of_the_first_element()
    {
        using var vector = Vector(CPU, 7, 8);
        Assert.Equal(7f, Marshal.PtrToStructure<float>(DeviceMemory.Of(vector.HandOut())!.Address));
    }

    private static void Looks(Device device)
    {
        using var vector = Vector(device, 1, 2, 3, 4);
        var memory = vector.HandOut();
        var staged = DeviceMemory.Of(memory)!;
        Assert.Equal((16, false), (memory.Length, staged.IsOnHost));
        Assert.Same(vector, FlatVector.OwnerOf(memory));
        Assert.Null(FlatVector.OwnerOf(memory[4..]));

        var host = MemoryMarshal.Cast<byte, float>(memory.Span);
        Assert.Equal([1f, 2f, 3f, 4f], host.ToArray());
        Assert.True(staged.IsOnHost);
        host[2] = 30;
        vector.TakeBack();
        Assert.Equal([1f, 2f, 30f, 4f], vector.Tensor.cpu().data<float>().ToArray());

        // The device moves on; what is handed out then is new.
        vector.Tensor.fill_(5);
        Assert.Equal([5f, 5f, 5f, 5f], MemoryMarshal.Cast<byte, float>(vector.HandOut().Span).ToArray());
        vector.Tensor.fill_(6);
        vector.HandOut();
        vector.TakeBack();
        Assert.Equal(24f, vector.Tensor.sum().item<float>());
    }

    private static FlatVector Vector(Device device, params float[] values)
    {
        var vector = new FlatVector(values.Length, ScalarType.Float32, device, stage: true);
        vector.Tensor.copy_(tensor(values));
        return vector;
    }
}
