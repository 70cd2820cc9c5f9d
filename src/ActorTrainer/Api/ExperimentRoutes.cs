using System.Collections.Immutable;
using System.Text;
using ActorTrainer.Core;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.DataSets;
using ActorTrainer.Hosting;
using ActorTrainer.Hosting.Cluster;
using ActorTrainer.Journal;
using ActorTrainer.Transport.Training;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using static ActorTrainer.Actors.Coordination.CoordinatorProtocol;

namespace ActorTrainer.Api;

/// <summary><c>/v1/experiments</c>: what a client says is asked of the coordinator, what it wants to see is read from journal and runs folder.</summary>
/// <param name="coordinator">Null: there is no cluster, and everything can be looked at and nothing asked for.</param>
internal sealed class ExperimentRoutes(RunsFolder runs, CoordinatorLink? coordinator, DataSetShelf shelf, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private const int MaxPage = 1000, MaxSteps = 10_000, MaxLogLines = 10_000;

    /// <summary>Data sets are listed and hashed before a submission is answered.</summary>
    private static readonly TimeSpan SubmitPatience = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20), PrunePatience = TimeSpan.FromMinutes(10), CreationPatience = TimeSpan.FromSeconds(5), Glance = TimeSpan.FromMilliseconds(50);

    private readonly RunJournal _journal = new(runs);

    public void Map(IEndpointRouteBuilder app)
    {
        var experiments = app.MapGroup("/v1/experiments");
        experiments.MapGet("", List).Gives<RunOverview[]>("The experiments, a page by name; the header Link names the next");
        experiments.MapGet("{name}", Show).Gives<RunOverview>("An experiment, with its phases, evaluations and checkpoints");
        experiments.MapGet("{name}/events", Events).Describe("Steps and events as they come, as server-sent events; goes on from Last-Event-ID");
        experiments.MapGet("{name}/metrics", Metrics).Gives<StepRecord[]>("Steps from a range, 10,000 at most");
        experiments.MapGet("{name}/logs", Logs).Describe("The last lines of its log");
        if (coordinator is null) return;

        experiments.MapPost("", SubmitAsync).Takes("text/plain").Describe("Submit an experiment: its effective configuration as HOCON");
        experiments.MapPost("{name}/pause", (string name) => ControlAsync(name, Wish.Pause)).Gives<ControlAnswer>("Pause an experiment");
        experiments.MapPost("{name}/resume", (string name) => ControlAsync(name, Wish.Resume)).Gives<ControlAnswer>("Resume an experiment");
        experiments.MapPost("{name}/cancel", (string name) => ControlAsync(name, Wish.Cancel)).Gives<ControlAnswer>("Cancel an experiment");
        experiments.MapDelete("{name}", (string name) => ControlAsync(name, Wish.Remove)).Gives<ControlAnswer>("Remove an experiment that rests, with its files");
        app.MapGet("/v1/prunable", () => PruneAsync(apply: false)).Gives<PrunedItem[]>("What could be removed: runs set aside, spare checkpoints of finished ones, leftovers");
        app.MapDelete("/v1/prunable", () => PruneAsync(apply: true)).Gives<PrunedItem[]>("Remove that for good");
        app.MapPost("/v1/experiments:check", CheckAsync).Asks(ApiScope.Read).Takes("text/plain").Gives<CheckAnswer>("What an experiment file means, or every error in it with its place; nothing is begun");
        app.MapGet("/v1/cluster", async () => await coordinator.AskAsync(new DescribeCluster(), Patience).ConfigureAwait(false) is ClusterDescribed cluster
            ? Results.Json(cluster, CoreJson.Options) : Problems.Away()).Gives<ClusterDescribed>("Nodes, and the experiments under way");
    }

    private async Task<IResult> SubmitAsync(HttpRequest request, int priority = 0, bool accept_machine = false)
    {
        string text = await TextAsync(request).ConfigureAwait(false);
        var reading = SubmittedConfiguration.Check(text);
        if (reading.Configuration is not { Settings.Name: var name }) return Problems.Of(reading.Errors);
        var answer = await AnswerAsync(name, new SubmitExperiment(text, priority, accept_machine), SubmitPatience, StatusCodes.Status201Created).ConfigureAwait(false);
        if (answer is IStatusCodeHttpResult { StatusCode: StatusCodes.Status201Created }) await UntilCreatedAsync(name, request.HttpContext.RequestAborted).ConfigureAwait(false);
        return answer;
    }

    /// <summary>What was admitted begins its history in a moment: whoever is told of it can look at it. Where that takes longer, it can't be helped.</summary>
    private async Task UntilCreatedAsync(ExperimentName name, CancellationToken cancel)
    {
        for (long began = time.GetTimestamp(); _journal.History(name).IsEmpty && time.GetElapsedTime(began) < CreationPatience;)
            await Task.Delay(Glance, time, cancel).ConfigureAwait(false);
    }

    /// <summary>As <c>actortrainer check</c> does: what it means, or every error; nothing is begun.</summary>
    private async Task<IResult> CheckAsync(HttpRequest request)
    {
        string text = await TextAsync(request).ConfigureAwait(false);
        var reading = SubmittedConfiguration.Check(text);
        ImmutableArray<ConfigurationProblem> missing = reading.Configuration is { } valid ? [.. RegisteredDataSets.Missing(valid.Settings, text, shelf)] : [];
        var found = missing.IsEmpty ? reading.Configuration : null;
        return Results.Json(new CheckAnswer(found is not null, found?.Settings.Name, found?.Hash, [.. reading.Errors, .. missing], reading.Warnings), CoreJson.Options);
    }

    private static async Task<string> TextAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body, new UTF8Encoding(false, true), detectEncodingFromByteOrderMarks: false);
        return await reader.ReadToEndAsync(request.HttpContext.RequestAborted).ConfigureAwait(false);
    }

    private async Task<IResult> ControlAsync(string name, Wish wish) => ExperimentName.IsValid(name)
        ? await AnswerAsync(new(name), new ControlExperiment(new(name), wish), Patience, StatusCodes.Status200OK).ConfigureAwait(false)
        : Problems.NoExperiment(name);

    private async Task<IResult> PruneAsync(bool apply) => await coordinator!.AskAsync(new PruneRuns(apply), PrunePatience).ConfigureAwait(false) switch
    {
        Pruned pruned => Results.Json(pruned.Items, CoreJson.Options),
        Rejected rejected => Problems.Of(StatusCodes.Status409Conflict, rejected.Reason),
        _ => Problems.Away(),
    };

    /// <summary>With the journal's last number before the question: what is journalled after it came of it.</summary>
    private async Task<IResult> AnswerAsync(ExperimentName name, object question, TimeSpan patience, int accepted)
    {
        var history = _journal.History(name);
        long sequence = history.IsEmpty ? 0 : history[^1].SequenceNumber;
        return await coordinator!.AskAsync(question, patience).ConfigureAwait(false) switch
        {
            Accepted answer => Results.Json(new ControlAnswer(answer.Experiment, answer.Notices, sequence), CoreJson.Options, statusCode: accepted),
            Rejected { Conflict: true } rejected => Problems.Of(history.IsEmpty && accepted == StatusCodes.Status200OK ? StatusCodes.Status404NotFound : StatusCodes.Status409Conflict, rejected.Reason),
            Rejected rejected => Problems.Of(StatusCodes.Status400BadRequest, rejected.Reason),
            _ => Problems.Away(),
        };
    }

    /// <summary>A page by name; where there are more, the header Link says where.</summary>
    private IResult List(HttpResponse response, string? after = null, int limit = 100)
    {
        if (limit is < 1 or > MaxPage) return Problems.Of(StatusCodes.Status400BadRequest, $"limit: a number from 1 to {MaxPage} is needed.");
        var rest = _journal.Names().Where(name => after is null || string.CompareOrdinal(name.Value, after) > 0).Take(limit + 1).ToList();
        if (rest.Count > limit) response.Headers.Link = $"</v1/experiments?after={rest[limit - 1]}&limit={limit}>; rel=\"next\"";
        return Results.Json(rest.Take(limit).Select(name => Load(name.Value)).OfType<RunEntry>().Select(Overview), CoreJson.Options);
    }

    private IResult Show(string name) => Load(name) is { } run
        ? Results.Text(RunDetails.Of(Overview(run), run.Experiment, runs[run.Name]).ToJsonString(CoreJson.Options), "application/json")
        : Problems.NoExperiment(name);

    /// <param name="follow">False: what is there, and no more.</param>
    private IResult Events(HttpRequest request, string name, bool follow = true)
    {
        if (Load(name) is null) return Problems.NoExperiment(name);
        string last = request.Headers["Last-Event-ID"].ToString();
        RunPosition position = default;
        if (last.Length > 0 && !RunPosition.TryParse(last, out position)) return Problems.Of(StatusCodes.Status400BadRequest, "Last-Event-ID is not one of this stream.");
        request.HttpContext.Response.Headers["X-Accel-Buffering"] = "no";
        var ended = CancellationTokenSource.CreateLinkedTokenSource(request.HttpContext.RequestAborted, lifetime.ApplicationStopping);
        request.HttpContext.Response.RegisterForDispose(ended);
        return Results.ServerSentEvents(EventStream.OfAsync(new(runs, new(name), position), follow, time, ended.Token));
    }

    private IResult Metrics(string name, long from = 1, long to = long.MaxValue)
    {
        if (Load(name) is null) return Problems.NoExperiment(name);
        if (from < 1 || to < from) return Problems.Of(StatusCodes.Status400BadRequest, "from, to: steps are counted from 1, and from is not after to.");
        IEnumerable<StepRecord> steps = StepLog.Read(runs[new(name)].Metrics, after: new(from - 1)).TakeWhile(step => step.Step.Value <= to).Take(MaxSteps);
        return Results.Json(steps, CoreJson.Options);
    }

    private IResult Logs(string name, int tail = MaxLogLines)
    {
        if (Load(name) is null) return Problems.NoExperiment(name);
        if (tail is < 0 or > MaxLogLines) return Problems.Of(StatusCodes.Status400BadRequest, $"tail: a number from 0 to {MaxLogLines} is needed.");
        return Results.Text(string.Concat(RunLogs.Read(runs, new(name), tail).Select(line => line + "\n")));
    }

    private RunEntry? Load(string name) => ExperimentName.IsValid(name) && _journal.Load(new(name)) is { } experiment ? new(new(name), experiment) : null;

    private RunOverview Overview(RunEntry run) => RunOverview.Of(run, runs[run.Name]);
}

/// <summary>That a wish was taken up.</summary>
/// <param name="Sequence">The last number of the experiment's journal before it.</param>
internal sealed record ControlAnswer(ExperimentName Name, ImmutableArray<string> Notices, long Sequence);

/// <summary>What checking a text gave.</summary>
/// <param name="Name">The experiment's; null with errors, as <paramref name="ConfigurationHash"/>.</param>
internal sealed record CheckAnswer(
    bool Valid, ExperimentName? Name, string? ConfigurationHash, ImmutableArray<ConfigurationProblem> Errors, ImmutableArray<ConfigurationProblem> Warnings);
