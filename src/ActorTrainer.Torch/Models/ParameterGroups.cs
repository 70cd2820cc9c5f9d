using System.Collections.Immutable;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Torch.Models;

/// <summary>
/// What experiment files call parts of a model: <c>all</c>, <c>head</c>, <c>backbone</c> (all but the head), or a pattern over state-dict names in which
/// <c>*</c> stands for anything, dots included (<c>layer4.*</c>). A module's bare name (<c>layer4</c>) is all that is in it.
/// </summary>
public static class ParameterGroups
{
    /// <summary>Whether a parameter, or a statistic of a norm, belongs to what the pattern names.</summary>
    public static bool Contains(string pattern, string name, ImageModel model) => pattern switch
    {
        "all" => true,
        "head" => model.IsHead(name),
        "backbone" => !model.IsHead(name),
        _ => IsMatch(pattern, name) || name.StartsWith(pattern + ".", StringComparison.Ordinal),
    };

    /// <summary>The parameters that the pattern names, in the model's order.</summary>
    public static ImmutableArray<string> Match(string pattern, ImageModel model) =>
        [.. model.named_parameters().Select(parameter => parameter.name).Where(name => Contains(pattern, name, model))];

    /// <summary>Throws <see cref="EngineException"/> for a pattern that names nothing in the model.</summary>
    /// <param name="where">For the message: the key that the pattern stands under.</param>
    public static void Require(string pattern, ImageModel model, string where)
    {
        if (Match(pattern, model).IsEmpty)
        {
            var parts = model.named_parameters().Select(parameter => parameter.name.Split('.')[0]).Distinct();
            throw new EngineException($"{where}: '{pattern}' matches no parameter of {model.GetName()}. It has: all, head, backbone, {string.Join(", ", parts)}.");
        }
    }

    /// <summary>Greedy matching with one point to come back to: linear for one star, never exponential.</summary>
    private static bool IsMatch(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int p = 0, n = 0, star = -1, resume = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*') (star, resume, p) = (p, n, p + 1);
            else if (p < pattern.Length && pattern[p] == name[n]) (p, n) = (p + 1, n + 1);
            else if (star >= 0) (p, n) = (star + 1, ++resume);
            else return false;
        }

        return pattern[p..].Trim('*').IsEmpty;
    }
}
