using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Onnx;

/// <summary>Where a step's operand comes from: an earlier step's slot, a constant, or nowhere (an optional input).</summary>
internal readonly record struct Operand(int Slot, GraphConstant? Constant)
{
    public static Operand None => new(-1, null);
}

/// <summary>One node, ready to run.</summary>
/// <param name="Releases">Slots that nobody reads after this step.</param>
internal sealed record GraphStep(
    GraphNode Node, Func<GraphValue[], GraphValue[]> Run, Operand[] Inputs, int[] Outputs, int[] Releases);

/// <summary>A translated graph: steps in order over numbered slots, each value let go after its last reader.</summary>
internal sealed class GraphProgram(IReadOnlyList<GraphStep> steps, IReadOnlyList<GraphConstant> constants, int slots, int output) : IDisposable
{
    public Tensor Run(Tensor input)
    {
        var values = new GraphValue[slots];
        values[0] = input.alias();
        foreach (var step in steps)
        {
            GraphValue[] arguments = [.. step.Inputs.Select(operand =>
                operand.Constant is { } constant ? constant.For(input) : operand.Slot >= 0 ? values[operand.Slot] : default)];
            GraphValue[] results;
            try
            {
                results = step.Run(arguments);
            }
            catch (Exception e) when (e is ExternalException or ArgumentException or InvalidOperationException)
            {
                throw step.Node.Fail(e.Message.Split('\n')[0], e);
            }

            for (int i = 0; i < step.Outputs.Length; i++)
                if (step.Outputs[i] >= 0) values[step.Outputs[i]] = Own(results[i], arguments);
            foreach (int slot in step.Releases) values[slot].Tensor?.Dispose();
        }

        return values[output].Tensor ?? throw new InvalidOperationException("the graph ends in integers");
    }

    /// <summary>Every slot owns its handle: an operator that gives its argument back gives another handle of it.</summary>
    private static GraphValue Own(GraphValue result, GraphValue[] arguments) =>
        result.Tensor is { } tensor && arguments.Any(argument => ReferenceEquals(argument.Tensor, tensor)) ? tensor.alias() : result;

    public void Dispose()
    {
        foreach (var constant in constants) constant.Dispose();
    }
}
