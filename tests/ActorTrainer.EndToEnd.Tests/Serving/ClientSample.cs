using ActorTrainer.Client;

namespace ActorTrainer.EndToEnd.Tests.Serving;

/// <summary>The library as docs/serving.md shows it.</summary>
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
}
