using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using ActorTrainer.Core.Models;
using CsCheck;

namespace ActorTrainer.Core.Tests.Models;

public sealed class SafetensorsSpec
{
    [Fact]
    public void What_is_written_is_read_back_from_memory_stream_and_file()
    {
        var metadata = ImmutableSortedDictionary<string, string>.Empty.Add("format", "pt").Add("b", "\u00e9\"\n");
        byte[] file = Written(Tensors.Every, metadata);
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, file);
            foreach (var read in new[] { Safetensors.Read(file), Safetensors.Read(new MemoryStream(file), file.Length), Safetensors.Read(path) })
            {
                Tensors.AssertSame(Tensors.Every, read.Tensors);
                Assert.Equal(metadata, read.Metadata);
                Assert.Equal(read.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), read.Tensors.Select(t => t.Name));
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void The_same_tensors_in_any_order_are_the_same_file() =>
        Assert.Equal(Written(Tensors.Every), Written([.. Tensors.Every.Reverse()]));

    [Fact]
    public void The_data_begin_at_a_multiple_of_8_after_a_header_in_ordinal_order()
    {
        byte[] file = Written(Tensors.Every);
        int header = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        string json = Encoding.UTF8.GetString(file, 8, header);

        Assert.Equal(0, header % 8);
        Assert.StartsWith("""{"Zeta":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"bn.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[4,12]},""", json);
        Assert.Equal([0, 1, 254, 255], file[(8 + header)..(12 + header)]);
    }

    [Fact]
    public void Nothing_but_a_header_is_an_empty_file() => Assert.Empty(Safetensors.Read(Written([])).Tensors);

    [Fact]
    public void Random_tensors_survive_the_round_trip()
    {
        var tensor = Gen.Select(Gen.Enum<TensorType>(), Gen.Long[0, 5].Array[0, 3], Gen.String[Gen.Char.AlphaNumeric, 1, 8]).SelectMany((type, shape, name) =>
            Gen.Byte.Array[(int)type.Bytes(shape)!.Value].Select(data => new NamedTensor(name, type, [.. shape], data)));
        tensor.Array[0, 6].Sample(tensors =>
        {
            var distinct = tensors.DistinctBy(t => t.Name).ToImmutableArray();
            Tensors.AssertSame(distinct, Safetensors.Read(Written(distinct)).Tensors);
        }, iter: 200);
    }

    [Theory]
    [InlineData("""[]""", "StartObject")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} x""", "not a safetensors header")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", "not a safetensors header")]
    [InlineData("""{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}""", "dtype 'F16'")]
    [InlineData("""{"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}}""", "not a safetensors header")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", "needs dtype, shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}""", "repeated key 'shape'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}""", "unknown or repeated key 'more'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "which is not the 4 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "negative number -1")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", "not a safetensors header")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904,4611686018427387904],"data_offsets":[0,4]}}""", "which is not the 4 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "which is not")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", "two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "where 0 was expected")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "the file is cut")]
    [InlineData("""{}""", "the file is cut or has something added")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "overlap")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}}""", "'a' is there twice")]
    [InlineData("""{"__metadata__":{"k":1},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "__metadata__.k")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[[[[[1]]]]],"data_offsets":[0,4]}}""", "not a safetensors header")]
    public void A_header_that_lies_is_refused_with_what_is_wrong(string header, string message)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] file = [.. BitConverter.GetBytes((long)json.Length), .. json, 1, 2, 3, 4];

        Assert.Contains(message, Assert.Throws<SafetensorsException>(() => Safetensors.Read(file)).Message);
        Assert.Contains(message, Assert.Throws<SafetensorsException>(() => Safetensors.Read(new MemoryStream(file), file.Length)).Message);
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(1L)]
    [InlineData(100_000_001L)]
    [InlineData(long.MaxValue)]
    [InlineData(-1L)]
    public void A_header_length_beyond_the_file_allocates_nothing(long length) =>
        Assert.Throws<SafetensorsException>(() => Safetensors.Read(BitConverter.GetBytes(length)));

    [Fact]
    public void Damaged_files_are_refused_or_read_whole_and_never_throw_anything_else()
    {
        byte[] good = Written(Tensors.Every);
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length]).Sample((at, value, cut) =>
        {
            byte[] changed = [.. good];
            changed[at] = value;
            NothingElse(changed);
            Assert.ThrowsAny<SafetensorsException>(() => Safetensors.Read(good.AsMemory(0, Math.Min(cut, good.Length - 1))));
        }, iter: 2000);

        static void NothingElse(byte[] file)
        {
            try
            {
                foreach (var tensor in Safetensors.Read(file).Tensors) Assert.Equal(tensor.Type.Bytes(tensor.Shape.AsSpan()), tensor.Data.Length);
            }
            catch (SafetensorsException)
            {
            }
        }
    }

    [Fact]
    public void The_error_of_a_file_names_it()
    {
        string path = Path.GetTempFileName();
        try
        {
            Assert.StartsWith(path, Assert.Throws<SafetensorsException>(() => Safetensors.Read(path)).Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Tensors_that_contradict_themselves_are_not_written()
    {
        var tensor = Tensors.Of("a", TensorType.Float32, [1], 1f);

        Assert.Throws<ArgumentException>(() => Written([tensor, tensor]));
        Assert.Throws<ArgumentException>(() => Written([tensor with { Shape = [2] }]));
        Assert.Throws<ArgumentException>(() => Written([tensor with { Name = "__metadata__" }]));
    }

    private static byte[] Written(ImmutableArray<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var stream = new MemoryStream();
        Safetensors.Write(stream, tensors, metadata);
        return stream.ToArray();
    }
}
