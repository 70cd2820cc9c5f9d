using System.IO.Compression;
using System.Runtime.InteropServices;
using ActorTrainer.Api;
using ActorTrainer.EndToEnd.Tests.Cluster;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Browser;

/// <summary>
/// A person's way, in a browser: upload pictures, begin an experiment with a template, watch it over a restart of the only node, promote its model, and be told what a picture shows. In one tab
/// that is never loaded again.
/// </summary>
[Collection(ProcessTests.Name)]
public sealed class WholeWaySpec : IDisposable
{
    private readonly Workshop _workshop = new();
    private readonly int _port = TestCluster.FreePort(), _http = TestCluster.FreePort();

    public void Dispose() => _workshop.Dispose();

    [SkippableFact]
    public async Task From_an_upload_to_the_right_label_over_a_restart()
    {
        await using var browser = await Chromium.StartAsync();
        // Dies in the middle of training, with the page open; the same command goes on with the run.
        var node = await StartNode(failpoint: $"step.applied#{Middle}");
        try
        {
            await browser.Page.GoToAsync($"http://127.0.0.1:{_http}/");
            await browser.Page.EvaluateExpressionAsync("window.isTheSameTab = true");
            await Upload(browser);
            await Submit(browser);

            (await node.Ended()).Returns(EndedProgram.Killed);
            await browser.Until("document.getElementById('notice').textContent !== ''");
            await browser.Picture("away");
            node.Dispose();
            node = await StartNode();
            await browser.Until("document.getElementById('notice').textContent === ''");
            await browser.Until("document.querySelector('h1 + .state')?.textContent === 'completed'");
            await browser.Until($"{Points} === {Steps}");
            await browser.Picture("completed");
            Assert.Equal("2", await Evaluate(browser, "[...document.querySelectorAll('.tile b')].at(-1).textContent"));

            await PromoteAndTry(browser);
            Assert.True(await browser.Page.EvaluateExpressionAsync<bool>("window.isTheSameTab"));
            Assert.DoesNotContain(browser.Trouble, trouble => !trouble.Contains("net::ERR", StringComparison.Ordinal));     // but while the node was away
            node.Signal(PosixSignal.SIGTERM);
            (await node.Ended()).Completes();
        }
        finally
        {
            node.Dispose();
        }
    }

    private const int Middle = 200;

    /// <summary>How many steps the loss's curve has.</summary>
    private const string Points = "parseInt(document.querySelector('.chart')?.getAttribute('aria-label').match(/(\\d+) points/)?.[1] ?? 0)";

    /// <summary>And how many the experiment has.</summary>
    private const string Steps = "parseInt(document.querySelector('.step').textContent.split('/')[1].replace(/\\D/g, ''))";

    private async Task Upload(Chromium browser)
    {
        await browser.Click("Data");
        await browser.Choose("input[type=file]", SomeDigits());
        await browser.Picture("upload");
        Assert.Empty(await browser.Nameless());
        Assert.Equal("digits-0-to-3", await Evaluate(browser, "document.getElementById('set-name').value"));
        await browser.Click("Upload");
        await browser.Until("location.hash === '#data/digits-0-to-3'");
        await browser.Until("document.querySelectorAll('.pictures img').length === 24 && [...document.querySelectorAll('.pictures img')].slice(0, 6).every(image => image.naturalWidth > 0)");
        await browser.Page.SelectAsync("#class", "3");
        await browser.Until("document.querySelector('.pictures figcaption')?.textContent === '3'");
        await browser.Picture("data-set");
        Assert.Empty(await browser.Nameless());
    }

    private static async Task Submit(Chromium browser)
    {
        await browser.Click("Train on it");
        await browser.Until("document.getElementById('text')?.value.includes('builtin:resnet18-imagenet')");
        await browser.Page.SelectAsync("#template", "scratch");
        await browser.Until("document.getElementById('text').value.includes('lenet5')");
        string text = await Evaluate(browser, "document.getElementById('text').value");
        Assert.Contains("dataset:digits-0-to-3/train", text, StringComparison.Ordinal);
        Assert.Contains("dataset:digits-0-to-3/test", text, StringComparison.Ordinal);

        // A slip of the pen is told beside its line, and the line is selected by a click on it.
        await browser.Fill("#text", text.Replace("gradient-clip", "gradient-clap", StringComparison.Ordinal));
        await browser.Until("document.querySelector('.remark')?.textContent.includes(\"did you mean 'gradient-clip'?\")");
        Assert.Equal("true", await Evaluate(browser, "String(document.querySelector('form .main').disabled)"));
        await browser.Page.EvaluateExpressionAsync("document.querySelector('.remark').click()");
        Assert.Contains("gradient-clap", await Evaluate(browser, "document.getElementById('text').value.slice(document.getElementById('text').selectionStart, document.getElementById('text').selectionEnd)"), StringComparison.Ordinal);
        await browser.Picture("error");
        Assert.Empty(await browser.Nameless());

        // Small enough for a test, long enough to be killed in its middle.
        await browser.Fill("#text", text.Replace("epochs = 30", "epochs = 16", StringComparison.Ordinal).Replace("checkpoint { keep-last = 2 }", "checkpoint.every-steps = 10, resources.threads = 1", StringComparison.Ordinal));
        await browser.Until("document.querySelector('.verdict').textContent.startsWith('Valid')");
        await browser.Picture("valid");
        await browser.Click("Submit");
        await browser.Until("location.hash === '#experiments/digits-0-to-3-scratch'");
    }

    private async Task PromoteAndTry(Chromium browser)
    {
        await browser.Click("Try the model");
        await browser.Click("Promote");
        await browser.Until("document.querySelector('td .state.up')?.textContent === 'promoted'");
        string digit = Path.Combine(_workshop.Folder, "three.png");
        await using (var zip = await ZipFile.OpenReadAsync(Workshop.Digits)) await zip.Entries.First(entry => entry.FullName.StartsWith("test/3/", StringComparison.Ordinal)).ExtractToFileAsync(digit);
        await browser.Choose("input[type=file]", digit);
        await browser.Until("document.querySelector('.result li') !== null");
        Assert.Equal("3", await browser.Text(".result li span:nth-child(2)"));
        await browser.Picture("model");
        Assert.Empty(await browser.Nameless());
    }

    /// <summary>Two versions, keys of two scopes: who may decide is offered it, and who may look is not.</summary>
    [SkippableFact]
    public async Task A_version_is_tried_by_who_may_and_seen_by_who_may_look()
    {
        string[] shortly = ["--set", "experiment.training.phases.0.epochs=1", "--set", "experiment.checkpoint.every-steps=null"];
        await using var browser = await Chromium.StartAsync();
        (await _workshop.Train([.. shortly])).Returns(0);
        (await _workshop.Train([.. shortly, "--set", "experiment.seed=2", "--set", "experiment.promote-if=\"top1 > 0.1 and top1 >= current - 1\"", "--fresh", "--yes"])).Returns(0);
        var (reader, admin) = (ApiKey.NewSecret(), ApiKey.NewSecret());
        string config = _workshop.Write("node.conf", $$"""node.keys = [{ scope = read, sha256 = "{{ApiKey.HashOf(reader)}}" }, { scope = admin, sha256 = "{{ApiKey.HashOf(admin)}}" }]""");
        using var node = await StartNode(config: config);

        await LogIn(browser, reader);
        await browser.Click("Models");
        await browser.Click(Workshop.Tiny);
        // The newer version has been promoted by its rule, and the page says why.
        await browser.Until("document.querySelector('td .state.up')?.textContent === 'promoted'");
        Assert.Contains("by its rule: top1 (", await browser.Text("#view"), StringComparison.Ordinal);
        Assert.Equal(0, await browser.Page.EvaluateExpressionAsync<int>("[...document.querySelectorAll('button')].filter(button => ['Promote', 'Begin a trial', 'Roll back the last promotion'].includes(button.textContent) && button.offsetParent !== null).length"));
        await browser.Click("Data");
        await browser.Until("document.body.textContent.includes('There is none yet.')");
        Assert.Null(await browser.Page.QuerySelectorAsync("input[type=file]"));
        await browser.Click("Log out");

        await LogIn(browser, admin);
        await browser.Click("Models");
        await browser.Click(Workshop.Tiny);
        await browser.Until("document.getElementById('canary')?.value");
        await browser.Fill("#share", "25");
        await browser.Click("Begin a trial");
        await browser.Until("document.querySelector('td .state.running')?.textContent === 'on trial, 25.0 %'");
        await browser.Picture("trial");
        Assert.Empty(await browser.Nameless());
        await browser.Click("End the trial");
        await browser.Until("document.querySelector('td .state.running') === null");
        await browser.Click("Roll back the last promotion");
        await browser.Until("document.querySelector('td .state.up')?.textContent === 'answers'");
        Assert.DoesNotContain(browser.Trouble, trouble => !trouble.Contains("401", StringComparison.Ordinal));      // but before logging in
    }

    private async Task LogIn(Chromium browser, string key)
    {
        await browser.Page.GoToAsync($"http://127.0.0.1:{_http}/");
        await browser.Until("document.getElementById('key') !== null");
        await browser.Picture("log-in");
        await browser.Fill("#key", key);
        await browser.Click("Log in");
        await browser.Until("document.querySelector('h1')?.textContent === 'Experiments'");
    }

    private async Task<RunningProgram> StartNode(string? failpoint = null, string? config = null)
    {
        var node = RunningProgram.Start(_workshop.Folder, ["node", "--runs", _workshop.Runs, "--port", $"{_port}", "--http", $"{_http}", .. config is null ? Array.Empty<string>() : ["--config", config]], failpoint);
        await node.Until("it is in the cluster", () => node.Error.Contains("In the cluster as", StringComparison.Ordinal));
        return node;
    }

    /// <summary>Four of the ten digits.</summary>
    private string SomeDigits()
    {
        string file = Path.Combine(_workshop.Folder, "Digits 0 to 3.zip");
        using var from = ZipFile.OpenRead(Workshop.Digits);
        using var to = ZipFile.Open(file, ZipArchiveMode.Create);
        foreach (var entry in from.Entries.Where(entry => entry.FullName.Split('/')[1] is "0" or "1" or "2" or "3"))
        {
            using var source = entry.Open();
            using var target = to.CreateEntry(entry.FullName).Open();
            source.CopyTo(target);
        }

        return file;
    }

    private static Task<string> Evaluate(Chromium browser, string expression) => browser.Page.EvaluateExpressionAsync<string>(expression);
}
