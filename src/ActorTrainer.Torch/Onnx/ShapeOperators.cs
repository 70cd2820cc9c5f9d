using static TorchSharp.torch;

namespace ActorTrainer.Torch.Onnx;

/// <summary>
/// Operators that rearrange. Graphs are often exported for a batch of 1 and say so in constants; where a Reshape begins with 1, the batch takes its place.
/// </summary>
internal static class ShapeOperators
{
    public static Func<GraphValue[], GraphValue[]> Identity() => arguments => [arguments[0].Tensor is { } tensor ? tensor.alias() : arguments[0]];

    public static Func<GraphValue[], GraphValue[]> Flatten(GraphNode node)
    {
        long axis = node.Integer("axis", 1);
        return One(x =>
        {
            int from = (int)(axis < 0 ? axis + x.dim() : axis);
            long rows = x.shape.Take(from).Aggregate(1L, (product, size) => product * size);
            return x.reshape(rows, x.numel() / Math.Max(1, rows));
        });
    }

    public static Func<GraphValue[], GraphValue[]> Reshape(GraphNode node)
    {
        if (node.Integer("allowzero", 0) != 0) throw node.Fail("allowzero is not supported");
        long[]? fixedShape = node.Integers("shape");
        return arguments =>
        {
            var x = arguments[0].Tensor ?? throw new ArgumentException("a tensor is wanted, but integers are given");
            long[] shape = fixedShape ?? (arguments.Length > 1 ? arguments[1].Integers?.Values : null) ?? throw new ArgumentException("there is no shape");
            long[] sizes = [.. shape.Select((size, axis) => size == 0 ? x.shape[axis] : axis == 0 && size == 1 ? x.shape[0] : size)];
            return [x.reshape(sizes)];
        };
    }

    public static Func<GraphValue[], GraphValue[]> Squeeze(GraphNode node)
    {
        long[] axes = node.AttributeOrInput("axes", 1) ?? throw node.Fail("axes would have to be given");
        return arguments =>
        {
            if (arguments[0].Integers is { } integers) return [new(null, integers with { Scalar = true })];
            var x = arguments[0].Tensor!;
            var kept = new HashSet<long>(axes.Select(axis => axis < 0 ? axis + x.dim() : axis));
            if (kept.Any(axis => axis == 0 || x.shape[axis] != 1)) throw new ArgumentException("only axes of size 1 behind the batch can be squeezed");
            return [x.reshape([.. x.shape.Where((_, axis) => !kept.Contains(axis))])];
        };
    }

    public static Func<GraphValue[], GraphValue[]> Unsqueeze(GraphNode node)
    {
        long[] axes = node.AttributeOrInput("axes", 1) ?? throw node.Fail("axes would have to be given");
        return arguments =>
        {
            if (arguments[0].Integers is { } integers) return [new(null, integers with { Scalar = false })];
            var x = arguments[0].Tensor!;
            long rank = x.dim() + axes.Length;
            var added = new HashSet<long>(axes.Select(axis => axis < 0 ? axis + rank : axis));
            var sizes = new Queue<long>(x.shape);
            return [x.reshape([.. Enumerable.Range(0, (int)rank).Select(axis => added.Contains(axis) ? 1 : sizes.Dequeue())])];
        };
    }

    public static Func<GraphValue[], GraphValue[]> Transpose(GraphNode node)
    {
        long[]? order = node.Integers("perm");
        return One(x => x.permute(order ?? [.. Enumerable.Range(0, (int)x.dim()).Reverse().Select(axis => (long)axis)]));
    }

    public static Func<GraphValue[], GraphValue[]> Concat(GraphNode node)
    {
        long axis = node.Integer("axis", 1);
        return arguments =>
            arguments.All(argument => argument.Tensor is not null) ? [cat([.. arguments.Select(argument => argument.Tensor!)], axis)]
            : arguments.All(argument => argument.Integers is not null) ? [new(null, new([.. arguments.SelectMany(argument => argument.Integers!.Values)], false))]
            : throw new ArgumentException("tensors can't be mixed with integers");
    }

    public static Func<GraphValue[], GraphValue[]> Split(GraphNode node)
    {
        long axis = node.Integer("axis", 0);
        long[]? sizes = node.AttributeOrInput("split", 1);
        int parts = node.Proto.Output.Count;
        return arguments =>
        {
            var x = arguments[0].Tensor ?? throw new ArgumentException("a tensor is wanted, but integers are given");
            long size = x.shape[(int)(axis < 0 ? axis + x.dim() : axis)], each = (size + parts - 1) / parts;
            long[] by = sizes ?? [.. Enumerable.Range(0, parts).Select(part => Math.Max(0, Math.Min(each, size - part * each)))];
            if (by.Length != parts || by.Sum() != size) throw new ArgumentException($"{size} can't be split into {string.Join(" + ", by)}");
            return [.. x.split(by, axis).Select(part => (GraphValue)part)];
        };
    }

    public static Func<GraphValue[], GraphValue[]> ReduceMean(GraphNode node)
    {
        long[]? axes = node.AttributeOrInput("axes", 1);
        bool keep = node.Integer("keepdims", 1) != 0;
        if (axes is null or [] || axes.Contains(0)) throw node.Fail("the axes would have to be given and leave the batch alone");
        return One(x => x.mean(axes, keepdim: keep));
    }

    public static Func<GraphValue[], GraphValue[]> Shape(GraphNode node)
    {
        if (node.Find("start") is not null || node.Find("end") is not null) throw node.Fail("start and end are not supported");
        return arguments => [new(null, new(arguments[0].Tensor?.shape ?? throw new ArgumentException("a tensor is wanted"), false))];
    }

    public static Func<GraphValue[], GraphValue[]> Gather(GraphNode node)
    {
        long axis = node.Integer("axis", 0);
        return arguments =>
        {
            var indices = arguments[1].Integers ?? throw new ArgumentException("the indices would have to be constant integers");
            if (arguments[0].Integers is { } integers)
                return [new(null, new([.. indices.Values.Select(index => integers.Values[At(index, integers.Values.Length)])], indices.Scalar))];
            var x = arguments[0].Tensor!;
            long size = x.shape[(int)(axis < 0 ? axis + x.dim() : axis)];
            if (indices.Scalar) return [x.select(axis, At(indices.Values[0], size))];
            using var at = tensor(indices.Values.Select(index => (long)At(index, size)).ToArray(), device: x.device);
            return [x.index_select(axis, at)];
        };

        static int At(long index, long size) =>
            index >= -size && index < size ? (int)(index < 0 ? index + size : index) : throw new ArgumentException($"index {index} is outside of {size} values");
    }

    /// <summary>Between types of numbers; floats keep the model's precision.</summary>
    public static Func<GraphValue[], GraphValue[]> Cast(GraphNode node)
    {
        long to = node.Integer("to", 1);
        return arguments => arguments[0] switch
        {
            { Tensor: { } x } when to is 1 or 10 or 11 or 16 => [x.alias()],
            { Integers: not null } when to is 6 or 7 => [arguments[0]],
            _ => throw new ArgumentException("only casts from floats to floats and from integers to integers are supported"),
        };
    }

    private static Func<GraphValue[], GraphValue[]> One(Func<Tensor, Tensor> function) =>
        arguments => [function(arguments[0].Tensor ?? throw new ArgumentException("a tensor is wanted, but integers are given"))];
}
