using System.Runtime.InteropServices;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Torch.Onnx;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Onnx;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Onnx;

/// <summary>Small graphs, and what ONNX Runtime makes of them.</summary>
internal sealed class Graphs : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("graphs-");
    private readonly GraphProto _graph = new() { Name = "graph" };
    private readonly long _opset;
    private RandomStream _random = new(1, RandomPurpose.Test, 0, 0);
    private int _size, _channels;

    public Graphs(long opset, int channels, int size)
    {
        (_opset, _channels, _size) = (opset, channels, size);
        _graph.Input.Add(Value("input", 1, channels, size, size));
    }

    public string Location => Path.Combine(_folder.FullName, "model.onnx");

    /// <summary>Adds a node; its output has the name that it returns.</summary>
    public string Node(string type, string[] inputs, params AttributeProto[] attributes) => Node(type, inputs, 1, attributes)[0];

    public string[] Node(string type, string[] inputs, int outputs, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = type, Name = $"{type}{_graph.Node.Count}" };
        node.Input.AddRange(inputs);
        node.Attribute.AddRange(attributes);
        for (int i = 0; i < outputs; i++) node.Output.Add($"{node.Name}_{i}");
        _graph.Node.Add(node);
        return [.. node.Output];
    }

    /// <summary>An initializer of uniform values in [-1, 1), or [0.5, 1.5) where <paramref name="positive"/>.</summary>
    public string Floats(string name, long[] shape, bool positive = false)
    {
        var proto = new TensorProto { Name = name, DataType = 1 };
        proto.Dims.AddRange(shape);
        for (long i = 0; i < shape.Aggregate(1L, (a, b) => a * b); i++) proto.FloatData.Add((float)(positive ? _random.NextDouble(0.5, 1.5) : _random.NextDouble(-1, 1)));
        _graph.Initializer.Add(proto);
        return name;
    }

    public string Scalar(string name, float value)
    {
        _graph.Initializer.Add(new TensorProto { Name = name, DataType = 1, FloatData = { value } });
        return name;
    }

    public string Longs(string name, params long[] values)
    {
        _graph.Initializer.Add(new TensorProto { Name = name, DataType = 7, Dims = { values.Length }, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(values)) });
        return name;
    }

    public static AttributeProto Ints(string name, params long[] values) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints, Ints = { values } };
    public static AttributeProto Int(string name, long value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };
    public static AttributeProto Float(string name, float value) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = value };
    public static AttributeProto Text(string name, string value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    /// <summary>Ends the graph in a value and writes it.</summary>
    public ModelDescription Finish(string output, int classes = 4)
    {
        _graph.Output.Add(new ValueInfoProto { Name = output, Type = new() { TensorType = new() { ElemType = 1 } } });
        var model = new ModelProto { IrVersion = 8, Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = _opset });
        File.WriteAllBytes(Location, model.ToByteArray());
        var file = OnnxFile.Open(Location);
        return Some.Description(file.Architecture, classes, _channels, _size) with { GraphLocation = Location };
    }

    /// <summary>The greatest difference between our features and ONNX Runtime's output, for three pictures at once against one by one.</summary>
    public void AssertEqualsOnnxRuntime(ModelDescription description, double tolerance = 1e-5)
    {
        using var scope = NewDisposeScope();
        using var still = no_grad();
        using var model = OnnxGraphModel.Build(description, Some.Context());
        model.eval();
        float[] pixels = new float[3 * _channels * _size * _size];
        foreach (ref float pixel in pixels.AsSpan()) pixel = (float)_random.NextDouble(-1, 1);
        float[] ours = model.Maps(tensor(pixels, [3, _channels, _size, _size])).contiguous().data<float>().ToArray();

        using var session = new InferenceSession(Location);
        float[] theirs = [.. pixels.Chunk(pixels.Length / 3).SelectMany(picture =>
        {
            using var results = session.Run([NamedOnnxValue.CreateFromTensor("input", new DenseTensor<float>(picture, [1, _channels, _size, _size]))]);
            return results[0].AsTensor<float>().ToArray();
        })];
        Assert.Equal(theirs.Length, ours.Length);
        Assert.True(theirs.Max(Math.Abs) > 1e-3);
        Assert.All(theirs.Zip(ours), pair => Assert.InRange(pair.Second, pair.First - tolerance, pair.First + tolerance));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static ValueInfoProto Value(string name, params long[] shape)
    {
        var value = new ValueInfoProto { Name = name, Type = new() { TensorType = new() { ElemType = 1, Shape = new() } } };
        foreach (long size in shape) value.Type.TensorType.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = size });
        return value;
    }
}
