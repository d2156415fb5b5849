using Microsoft.Playwright;
using Sequor.Server.Tests.Page;
using Xunit;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace Sequor.Server.Tests.Page;

/// <summary>One browser for all tests of the page: the one that SEQUOR_CHROMIUM names, or Debian's.</summary>
public sealed class Chromium : IAsyncLifetime
{
    // Nothing waits this long but a test that fails.
    private const float Patience = 20_000;

    private readonly string _path = Environment.GetEnvironmentVariable("SEQUOR_CHROMIUM") ?? "/usr/bin/chromium";
    private readonly SemaphoreSlim _starting = new(1);
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A fresh context, as of a person who was never here; the test is skipped where there is no browser.</summary>
    public async Task<IBrowserContext> NewContextAsync(BrowserNewContextOptions? options = null)
    {
        Assert.SkipUnless(File.Exists(_path), $"{_path} is not there; install chromium, or name one in SEQUOR_CHROMIUM");
        await _starting.WaitAsync();
        try
        {
            Assertions.SetDefaultExpectTimeout(Patience);
            _playwright ??= await Playwright.CreateAsync();
            _browser ??= await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = _path,
                Args = Environment.UserName == "root" ? ["--no-sandbox"] : [],
            });
        }
        finally
        {
            _starting.Release();
        }

        IBrowserContext context = await _browser.NewContextAsync(options);
        context.SetDefaultTimeout(Patience);
        return context;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        _starting.Dispose();
    }
}
