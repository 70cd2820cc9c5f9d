using ActorTrainer.Torch.Models;

namespace ActorTrainer.Torch.Training;

internal static class TrainableNames
{
    public static IReadOnlySet<string> Match(string pattern, ImageModel model) =>
        model.named_parameters().Select(entry => entry.name).Where(name => pattern switch
        {
            "all" => true,
            "head" => model.IsHead(name),
            "backbone" => !model.IsHead(name),
            _ => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false),
        }).ToHashSet();
}
