using System.Collections.Immutable;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Models;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Weights;

/// <summary>A model's parameters and buffers as host copies by name, and back.</summary>
public static class StateDict
{
    private const int NamesInAMessage = 5;

    /// <summary>Copies, in the model's own order.</summary>
    public static ImmutableArray<NamedTensor> Read(ImageModel model) =>
        [.. model.state_dict().Select(entry => TensorBytes.Read(entry.Key, entry.Value))];

    /// <summary>
    /// Copies the weights into the model's memory (views into flat buffers stay views), converted to its types. Everything must fit, else nothing is changed
    /// and one <see cref="EngineException"/> lists all that does not. Files from before PyTorch 0.4.1 have no <c>num_batches_tracked</c>; it stays then.
    /// </summary>
    /// <param name="skipHead">Leaves the model's head as it is, whatever the weights have under its names.</param>
    /// <param name="source">For the message: what the weights are.</param>
    public static void Load(ImageModel model, IReadOnlyCollection<NamedTensor> weights, bool skipHead = false, string source = "The weights")
    {
        using var scope = NewDisposeScope();
        using var still = no_grad();
        var wanted = model.state_dict();
        var given = weights.Where(tensor => !(skipHead && model.IsHead(tensor.Name))).ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        string[] problems =
        [
            .. List("missing", wanted.Keys.Where(name =>
                !given.ContainsKey(name) && !(skipHead && model.IsHead(name)) && !name.EndsWith("num_batches_tracked", StringComparison.Ordinal))),
            .. List("unexpected", given.Keys.Where(name => !wanted.ContainsKey(name))),
            .. List("of another shape", given.Values
                .Where(tensor => wanted.TryGetValue(tensor.Name, out var target) && !target.shape.AsSpan().SequenceEqual(tensor.Shape.AsSpan()))
                .Select(tensor => $"{tensor.Name} ({Text(tensor.Shape)} instead of {Text(wanted[tensor.Name].shape)})")),
        ];
        if (problems.Length > 0) throw new EngineException($"{source} do not fit the model: {string.Join("; ", problems)}.");

        foreach (var (name, target) in wanted)
        {
            if (!given.TryGetValue(name, out var tensor)) continue;
            using var value = TensorBytes.Create(tensor);
            target.copy_(value);
        }
    }

    private static IEnumerable<string> List(string what, IEnumerable<string> names)
    {
        string[] all = [.. names];
        if (all.Length == 0) yield break;
        string more = all.Length > NamesInAMessage ? $" and {all.Length - NamesInAMessage} more" : "";
        yield return $"{what}: {string.Join(", ", all.Take(NamesInAMessage))}{more}";
    }

    private static string Text(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
