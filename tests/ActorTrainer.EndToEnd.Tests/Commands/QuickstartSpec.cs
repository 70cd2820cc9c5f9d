using System.Globalization;
using System.IO.Compression;
using ActorTrainer.Core.Models;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Commands;

/// <summary>The first thing that anybody does with the program, and what it promises of it. The only test that trains a whole example.</summary>
[Collection(ProcessTests.Name)]
public class QuickstartSpec
{
    [Fact]
    public async Task The_quickstart_learns_the_digits_and_its_model_predicts_evaluates_reports_and_exports()
    {
        using var workshop = new Workshop();
        using var program = RunningProgram.Start(workshop.Folder, ["run", Repository.Path("config", "quickstart.conf"), "--runs", workshop.Runs, "--json"]);
        var ended = (await program.Ended()).Completes();

        var last = ended.Lines[^1];
        Assert.Equal("completed", (string)last["event"]!);
        Assert.Matches("^[0-9a-f]{64}$", ended.Digest);
        double top1 = (double)last["test"]!["top1"]!;
        Assert.True(top1 >= 0.975, top1.ToString(CultureInfo.InvariantCulture));
        workshop["quickstart"].HasNoLeftovers();

        await PredictsTheLooseDigits(workshop);
        var evaluated = Assert.Single((await workshop.Ask("evaluate", "quickstart", $"{Workshop.Digits}/test", "--json")).Completes().Lines);
        Assert.Equal(top1, (double)evaluated["top1"]!);
        await ReportsOnOnePage(workshop);
        await Exports(workshop);
    }

    private static async Task PredictsTheLooseDigits(Workshop workshop)
    {
        string[] digits = [.. Enumerable.Range(0, 10).Select(digit => Repository.Path("config", "data", "digits", $"{digit}.png"))];
        var lines = (await workshop.Ask(["predict", "quickstart", .. digits, "--json"])).Completes().Lines;
        Assert.Equal(digits, lines.Select(line => (string)line["file"]!));
        string[] labels = [.. lines.Select(line => (string)line["predictions"]![0]!["label"]!)];
        Assert.Equal("0", labels[0]);
        Assert.InRange(labels.Where((label, digit) => label == digit.ToString(CultureInfo.InvariantCulture)).Count(), 9, 10);
    }

    private static async Task ReportsOnOnePage(Workshop workshop)
    {
        string page = Path.Combine(workshop.Folder, "page.html");
        (await workshop.Ask("report", "quickstart", "--out", page)).Completes();
        string html = File.ReadAllText(page);
        Assert.Contains("quickstart", html, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"http", html, StringComparison.Ordinal);
    }

    private static async Task Exports(Workshop workshop)
    {
        string tensors = Path.Combine(workshop.Folder, "digits.safetensors"), pth = Path.Combine(workshop.Folder, "digits.pth");
        (await workshop.Ask("export", "quickstart", tensors)).Completes();
        (await workshop.Ask("export", "quickstart", pth)).Completes();
        using (var stream = File.OpenRead(tensors))
        {
            string digest = (await workshop.Ask("digest", "quickstart@best")).Completes().Output.TrimEnd();
            Assert.Equal(digest, StateDictDigest.Of(Safetensors.Read(stream, stream.Length).Tensors));
        }

        using var zip = ZipFile.OpenRead(pth);
        Assert.Contains(zip.Entries, entry => entry.Name == "data.pkl");
    }
}
