using ActorTrainer.Torch.Models.Layers;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Onnx;

/// <summary>
/// Makes trainable layers of nodes with weights and registers them under readable names: what comes before <c>.weight</c> in the initializer's name
/// (so that graphs that PyTorch exported keep their names), else the node's.
/// </summary>
internal sealed class GraphWeights(nn.Module root)
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Branch> _branches = new(StringComparer.Ordinal);
    private readonly List<string> _prefixes = [];

    /// <summary>State-dict prefixes of the layers, in the graph's order.</summary>
    public IReadOnlyList<string> Prefixes => _prefixes;

    public Conv Conv(GraphNode node)
    {
        var weight = node.RequireFloats(1);
        if (weight.Shape.Length != 4) throw node.Fail("only two-dimensional convolutions are supported");
        long groups = node.Integer("group", 1);
        if (groups < 1 || weight.Shape[0] % groups != 0 || weight.Count == 0) throw node.Fail($"group = {groups} does not divide the {weight.Shape[0]} filters");
        var window = new Window(node, weight.Shape[2..]);
        var layer = new Conv(weight.Shape[1] * groups, weight.Shape[0], Window.Square(window.Kernel), Window.Square(window.Strides), 0,
            Window.Square(window.Dilations), groups, bias: node.HasInput(2));
        return Register(node, 1, layer, ("weight", weight), ("bias", node.HasInput(2) ? node.RequireFloats(2) : null));
    }

    public Norm Norm(GraphNode node)
    {
        var scale = node.RequireFloats(1);
        if (node.Integer("spatial", 1) == 0) throw node.Fail("spatial = 0 is not supported");
        var layer = new Norm(scale.Count, node.Float("epsilon", 1e-5f), 1 - node.Float("momentum", 0.9f));
        return Register(node, 1, layer, ("weight", scale), ("bias", node.RequireFloats(2)), ("running_mean", node.RequireFloats(3)), ("running_var", node.RequireFloats(4)));
    }

    /// <param name="weight">Features out x features in.</param>
    public Dense Dense(GraphNode node, HostTensor weight, HostTensor? bias) =>
        Register(node, 1, new Dense(weight.Shape[1], weight.Shape[0], hasBias: bias is not null), ("weight", weight), ("bias", bias));

    /// <summary>Copies into a layer's own memory; refuses what has another number of values.</summary>
    public static void Fill(GraphNode node, nn.Module layer, params ReadOnlySpan<(string Name, HostTensor? Value)> values)
    {
        using var still = no_grad();
        var state = layer.state_dict();
        foreach (var (name, value) in values)
        {
            if (value is null) continue;
            if (state[name].numel() != value.Count) throw node.Fail($"{name} would have to have {state[name].numel()} values, but has {value.Count}");
            using var given = value.ToTensor();
            using var shaped = given.reshape(state[name].shape);
            state[name].copy_(shaped);
        }
    }

    private T Register<T>(GraphNode node, int input, T layer, params ReadOnlySpan<(string Name, HostTensor? Value)> values) where T : nn.Module
    {
        Fill(node, layer, values);
        string initializer = node.Proto.Input[input];
        string[] path = initializer.EndsWith(".weight", StringComparison.Ordinal)
            ? [.. initializer[..^".weight".Length].Split('.').Select(Safe)]
            : [Safe(node.Proto.Name.Length > 0 ? node.Proto.Name : node.Proto.OpType + "_" + node.Proto.Output[0])];
        if (!IsFree(path)) path = [Unique(string.Join("_", path))];
        _names.Add(string.Join(".", path));
        Parent(path).register_module(path[^1], layer);
        _prefixes.Add(string.Join(".", path) + ".");
        return layer;
    }

    /// <summary>Nobody has the name, nobody's name lies on the way to it, and it lies on the way to nobody's.</summary>
    private bool IsFree(string[] path) =>
        path.All(part => part.Length > 0) && path[0] != "head" && !_branches.ContainsKey(string.Join(".", path))
        && Enumerable.Range(1, path.Length).All(length => !_names.Contains(string.Join(".", path.Take(length))));

    private string Unique(string name)
    {
        string unique = name;
        for (int i = 2; !IsFree([unique]); i++) unique = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}_{i}");
        return unique;
    }

    private nn.Module Parent(string[] path)
    {
        nn.Module parent = root;
        for (int length = 1; length < path.Length; length++)
        {
            string name = string.Join(".", path.Take(length));
            if (!_branches.TryGetValue(name, out var branch))
            {
                _branches[name] = branch = new();
                parent.register_module(path[length - 1], branch);
            }

            parent = branch;
        }

        return parent;
    }

    private static string Safe(string name) => string.Concat(name.Trim('/').Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));

    /// <summary>A name with layers below it.</summary>
    private sealed class Branch() : nn.Module(nameof(Branch));
}
