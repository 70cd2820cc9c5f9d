using static TorchSharp.torch;

namespace ActorTrainer.Torch.Models.Layers;

/// <summary>Modules one after another, named; each result is let go as soon as the next has it (autograd keeps what it needs).</summary>
internal sealed class Chain : nn.Module<Tensor, Tensor>
{
    private readonly List<nn.Module<Tensor, Tensor>> _links = [];

    public Chain(params ReadOnlySpan<nn.Module<Tensor, Tensor>> links) : base(nameof(Chain))
    {
        foreach (var link in links) Add(link);
    }

    /// <summary>Adds under the next number, as torch's Sequential names its children.</summary>
    public Chain Add(nn.Module<Tensor, Tensor> link) => Add(_links.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), link);

    public Chain Add(string name, nn.Module<Tensor, Tensor> link)
    {
        register_module(name, link);
        _links.Add(link);
        return this;
    }

    public override Tensor forward(Tensor input) => Call(input, ..);

    /// <summary>Some of the links, by their place.</summary>
    public Tensor Call(Tensor input, Range links)
    {
        var (first, count) = links.GetOffsetAndLength(_links.Count);
        var current = input;
        foreach (var link in _links.GetRange(first, count))
        {
            var next = link.call(current);
            if (!ReferenceEquals(current, input) && !ReferenceEquals(current, next)) current.Dispose();
            current = next;
        }

        return ReferenceEquals(current, input) ? input.alias() : current;
    }
}

/// <summary>A function without parameters as a link of a <see cref="Chain"/>.</summary>
internal sealed class Operation(Func<Tensor, Tensor> function) : nn.Module<Tensor, Tensor>(nameof(Operation))
{
    public override Tensor forward(Tensor input) => function(input);

    // In place: what goes in comes from a convolution, a linear layer or a norm, none of which needs its own output for the way back.
    public static Operation Relu() => new(x => x.relu_());
    public static Operation MaxPool(int kernel, int stride) => new(x => nn.functional.max_pool2d(x, [kernel, kernel], [stride, stride]));
    public static Operation Flatten() => new(x => x.flatten(1));
}
