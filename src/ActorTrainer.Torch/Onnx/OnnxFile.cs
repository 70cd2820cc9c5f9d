using System.Security.Cryptography;
using ActorTrainer.Core.Training;
using Google.Protobuf;
using Onnx;

namespace ActorTrainer.Torch.Onnx;

/// <summary>An ONNX graph on disk, and the graph of its preprocessing where it comes as a pair.</summary>
/// <param name="Location">As an experiment names it: a path, or <c>builtin:NAME</c>.</param>
/// <param name="Sha256">Of the main graph's file, lower-case hex.</param>
internal sealed record OnnxFile(string Location, string Sha256, ModelProto Model, ModelProto? Preprocess)
{
    private const string BuiltinPrefix = "builtin:";

    /// <summary>What stands next to the program: name, graph, preprocessing.</summary>
    private static readonly (string Name, string Graph, string Preprocess)[] Builtins = [("resnet18-imagenet", "ResNet18.onnx", "ResNetPreprocess.onnx")];

    public string Architecture => "onnx:" + Sha256;

    public static string BuiltinLocation(string name) => BuiltinPrefix + name;

    /// <summary>Throws <see cref="EngineException"/> where there is no such graph, or no ONNX in the file.</summary>
    public static OnnxFile Open(string location)
    {
        if (!location.StartsWith(BuiltinPrefix, StringComparison.Ordinal)) return Read(location, location, null);
        string name = location[BuiltinPrefix.Length..];
        var builtin = Builtins.FirstOrDefault(known => known.Name == name);
        if (builtin.Name is null)
            throw new EngineException($"There are no weights '{location}'. Known: {string.Join(", ", Builtins.Select(known => BuiltinPrefix + known.Name))}.");
        string folder = Path.Combine(AppContext.BaseDirectory, "models", name);
        return Read(location, Path.Combine(folder, builtin.Graph), Path.Combine(folder, builtin.Preprocess));
    }

    private static OnnxFile Read(string location, string path, string? preprocess)
    {
        byte[] bytes = Bytes(path);
        return new(location, Convert.ToHexStringLower(SHA256.HashData(bytes)), Parse(path, bytes), preprocess is null ? null : Parse(preprocess, Bytes(preprocess)));
    }

    private static byte[] Bytes(string path) => File.Exists(path) ? File.ReadAllBytes(path) : throw new EngineException($"There is no ONNX file {path}.");

    private static ModelProto Parse(string path, byte[] bytes)
    {
        try
        {
            var model = ModelProto.Parser.ParseFrom(bytes);
            return model.Graph is { Node.Count: > 0 } ? model : throw new EngineException($"{path} holds no ONNX graph.");
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new EngineException($"{path} is no ONNX file: {e.Message}", e);
        }
    }
}
