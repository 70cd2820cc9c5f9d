using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Models;
using Onnx;

namespace ActorTrainer.Torch.Onnx;

/// <summary>A node while it is translated: its attributes with defaults, its constant inputs, and where its weights go.</summary>
internal sealed class GraphNode(NodeProto node, string graph, long opset, IReadOnlyDictionary<string, HostTensor> constants, ModulesContext context)
{
    public NodeProto Proto => node;
    public long Opset => opset;
    public ModulesContext Context => context;
    public int InputCount => node.Input.Count;

    public bool HasInput(int index) => index < node.Input.Count && node.Input[index].Length > 0;

    /// <summary>An input that is known now; null where it is not given. Throws where it is only known when the graph runs.</summary>
    public HostTensor? Constant(int index) =>
        !HasInput(index) ? null
        : constants.TryGetValue(node.Input[index], out var value) ? value
        : throw Fail($"input '{node.Input[index]}' would have to be a constant");

    public HostTensor RequireFloats(int index) =>
        Constant(index) is { Floats: not null } value ? value : throw Fail($"input {index} would have to be a constant of floats");

    public bool IsConstant(int index) => HasInput(index) && constants.ContainsKey(node.Input[index]);

    public long Integer(string name, long otherwise) => Find(name)?.I ?? otherwise;
    public float Float(string name, float otherwise) => Find(name)?.F ?? otherwise;
    public string Text(string name, string otherwise) => Find(name)?.S.ToStringUtf8() ?? otherwise;
    public long[]? Integers(string name) => Find(name) is { } attribute ? [.. attribute.Ints] : null;
    public AttributeProto? Find(string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);

    /// <summary>Integers that older opsets have as an attribute and newer ones as an input.</summary>
    public long[]? AttributeOrInput(string attribute, int input) => Integers(attribute) ?? Constant(input)?.Integers;

    public EngineException Fail(string problem, Exception? inner = null) =>
        new($"{graph}: node '{(node.Name.Length > 0 ? node.Name : node.Output.FirstOrDefault())}' ({node.OpType}, opset {opset}): {problem}.", inner);
}
