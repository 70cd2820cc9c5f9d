using PuppeteerSharp;

namespace ActorTrainer.EndToEnd.Tests.Browser;

/// <summary>An installed Chromium or Chrome, without a window, and a page in it that keeps what went wrong.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    /// <summary>A folder for pictures of the page as the tests see it: <c>ACTORTRAINER_SCREENSHOTS=DIR dotnet test ...</c>.</summary>
    public const string Variable = "ACTORTRAINER_SCREENSHOTS";

    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    private const int Patience = 120_000;     // ms
    private static readonly ViewPortOptions Desk = new() { Width = 1180, Height = 900 }, Phone = new() { Width = 400, Height = 800 };

    private readonly IBrowser _browser;
    private readonly List<string> _trouble = [];
    private readonly string? _pictures = Environment.GetEnvironmentVariable(Variable);
    private int _taken;

    private Chromium(IBrowser browser, IPage page)
    {
        (_browser, Page) = (browser, page);
        page.DefaultTimeout = Patience;
        page.Error += (_, e) => Keep(e.Error);
        page.PageError += (_, e) => Keep(e.Message);
        page.Console += (_, e) =>
        {
            if (e.Message.Type == ConsoleType.Error) Keep($"{e.Message.Text} ({e.Message.Location?.URL})");
        };
        page.Dialog += (_, e) => _ = e.Dialog.Accept();
    }

    public IPage Page { get; }

    /// <summary>Errors of scripts, refused addresses, and what the page's policy forbade.</summary>
    public IReadOnlyList<string> Trouble
    {
        get
        {
            lock (_trouble) return [.. _trouble];
        }
    }

    /// <summary>Skips the test where there is none.</summary>
    public static async Task<Chromium> StartAsync()
    {
        string? program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        Skip.If(program is null, "no Chromium is installed");
        // Its sandbox needs another user than root, and more shared memory than a container has.
        var browser = await Puppeteer.LaunchAsync(new() { ExecutablePath = program, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
        var page = await browser.NewPageAsync();
        await page.SetViewportAsync(Desk);
        return new(browser, page);
    }

    public async ValueTask DisposeAsync() => await _browser.DisposeAsync();

    public Task Until(string condition) => Page.WaitForFunctionAsync($"() => {condition}", new WaitForFunctionOptions { Timeout = Patience, PollingInterval = 50 });

    /// <summary>Clicks a button or link by its words.</summary>
    public async Task Click(string words)
    {
        await Until($"{Named(words)} !== undefined");
        await Page.EvaluateExpressionAsync($"{Named(words)}.click()");
    }

    public async Task Choose(string selector, string file)
    {
        var input = await Page.WaitForSelectorAsync(selector);
        await input.UploadFileAsync(file);
    }

    /// <summary>Text of a field, as if it had been typed.</summary>
    public Task Fill(string selector, string text) => Page.EvaluateFunctionAsync(
        "(selector, text) => { const field = document.querySelector(selector); field.value = text; field.dispatchEvent(new Event('input', { bubbles: true })); }", selector, text);

    public Task<string> Text(string selector) => Page.EvaluateFunctionAsync<string>("selector => document.querySelector(selector).textContent", selector);

    /// <summary>In light and dark, wide and narrow, where pictures are asked for.</summary>
    public async Task Picture(string name)
    {
        if (_pictures is null) return;
        Directory.CreateDirectory(_pictures);
        foreach (var (view, scheme, look) in new[] { (Phone, "light", "narrow"), (Desk, "light", "light"), (Desk, "dark", "dark") })
        {
            await Page.SetViewportAsync(view);
            await Page.EmulateMediaFeaturesAsync([new() { MediaFeature = MediaFeature.PrefersColorScheme, Value = scheme }]);
            await Task.Delay(300);      // charts are drawn anew
            await Page.ScreenshotAsync(Path.Combine(_pictures, $"{_taken:00}-{name}-{look}.png"), new() { FullPage = true });
        }

        _taken++;
    }

    /// <summary>Fields and buttons that nobody could name who does not see them.</summary>
    public Task<string[]> Nameless() => Page.EvaluateExpressionAsync<string[]>("""
        [...document.querySelectorAll("input, select, textarea, button, a, img, [role=img]")].filter(element => !element.hidden && !element.closest("[hidden]")
          && !(element.labels?.length || element.getAttribute("aria-label") || element.alt || element.textContent.trim())).map(element => element.outerHTML)
        """);

    private static string Named(string words) =>
        $"[...document.querySelectorAll('button, a')].find(element => !element.disabled && element.offsetParent !== null && element.textContent.trim() === '{words}')";

    private void Keep(string message)
    {
        lock (_trouble) _trouble.Add(message);
    }
}
