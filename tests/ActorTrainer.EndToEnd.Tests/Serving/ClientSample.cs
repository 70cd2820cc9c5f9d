using ActorTrainer.Client;

namespace ActorTrainer.EndToEnd.Tests.Serving;

/// <summary>The code that docs/serving.md shows, so that it is compiled and run.</summary>
internal static class ClientSample
{
    /// <param name="servers">With commas between them.</param>
    /// <param name="folder">Of class folders.</param>
    public static async Task<PredictionAnswer> RunAsync(string servers, string? key, string folder, string configuration, string picture)
    {
        // from here
        using var service = new ActorTrainerClient(new() { Servers = ServerAddresses.Parse(servers), Key = key });

        await service.DataSets.UploadFolderAsync("shapes", folder);
        var submitted = await service.Experiments.SubmitAsync(configuration);
        await foreach (var news in service.Experiments.FollowAsync(submitted.Name, isExpected: true))
        {
            foreach (var step in news.Steps) Console.WriteLine($"step {step.Step}: loss {step.Loss:0.000}");
            if (news.Events.Any(happened => happened.IsEnd)) break;
        }

        var model = await service.Models.ShowAsync(submitted.Name);
        await service.Models.PromoteAsync(model.Name, model.Versions[0].Version);

        var answer = await service.Models.PredictAsync(model.Name, await Picture.ReadFileAsync(picture), new() { Top = 3 });
        foreach (var best in answer.Results[0].Predictions) Console.WriteLine($"{best.Label} {best.Probability:0.000}");
        // to here
        return answer;
    }

    /// <summary>Its lines as they stand in the documentation.</summary>
    public static string Text()
    {
        string[] lines = File.ReadAllLines(Repository.Path("tests", "ActorTrainer.EndToEnd.Tests", "Serving", "ClientSample.cs"));
        var shown = lines.SkipWhile(line => line.Trim() != "// from here").Skip(1).TakeWhile(line => line.Trim() != "// to here").Select(line => line.Length > 8 ? line[8..] : "");
        return string.Join('\n', ["```csharp", "using ActorTrainer.Client;", "", .. shown, "```"]);
    }
}
