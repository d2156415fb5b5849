using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Sequor.Preparation.Downloads;

/// <summary>
/// One file over HTTP, resumed where it broke off: within a run after a pause that doubles, in the next run from the part that is kept. It has
/// its name only when its length, and its MD5 where one is known, are right.
/// </summary>
internal sealed class Download(Uri address, string target, IProgress<PreparationProgress>? progress)
{
    private const int ReportEveryBytes = 1 << 20;

    private bool reached;

    /// <summary>MD5 that the file must have, in lower-case hexadecimal; null for any.</summary>
    public string? Md5 { get; init; }

    /// <summary>Failures in a row, without a byte that was new, after which it gives up.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>Pause after the first failure.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a server may say nothing.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Downloads; when it returns, the target is there.</summary>
    /// <exception cref="InvalidInputException">The server cannot be reached, refuses, breaks off again and again, or sends something else.</exception>
    public void Run(CancellationToken cancellationToken) =>
        Task.Run(() => RunAsync(cancellationToken), cancellationToken).GetAwaiter().GetResult();

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(30) };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("sequor", null));
        var part = new PartialFile(target, address);
        long most = part.Length;
        for (int failures = 0; ;)
        {
            try
            {
                await ReceiveAsync(client, part, cancellationToken);
                break;
            }
            catch (BrokenOffException broken)
            {
                failures = part.Length > most ? 1 : failures + 1;
                most = Math.Max(most, part.Length);
                if (failures >= Attempts) throw DownloadFailure.BrokenOff(address, part.Length, broken);
                await Task.Delay(FirstPause * (1 << (failures - 1)), cancellationToken);
            }
        }

        await CheckAsync(part, cancellationToken);
        part.Complete();
    }

    private async Task ReceiveAsync(HttpClient client, PartialFile part, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        long have = part.Version is null ? 0 : part.Length;
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (have > 0)
        {
            request.Headers.Range = new RangeHeaderValue(have, null);
            request.Headers.TryAddWithoutValidation("If-Range", part.Version);
        }

        using HttpResponseMessage response = await SendAsync(client, request, patience, cancellationToken);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && have > 0 && response.Content.Headers.ContentRange?.Length == have) return;
        bool continues = response.StatusCode == HttpStatusCode.PartialContent;
        if (have > 0 && (continues ? !Continues(response, part, have) : response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable))
        {
            part.Delete();
            throw new BrokenOffException("the file at the server is another one than before");
        }

        if (response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError)
        {
            throw new BrokenOffException(DownloadFailure.Words(response));
        }

        if (!response.IsSuccessStatusCode || (continues && have == 0)) throw DownloadFailure.Refused(address, response);
        await using FileStream file = continues ? part.Continue() : part.Restart(VersionOf(response));
        long? total = response.Content.Headers.ContentLength + (continues ? have : 0);
        await CopyAsync(response, file, total, patience, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpClient client, HttpRequestMessage request, CancellationTokenSource patience, CancellationToken cancellationToken)
    {
        try
        {
            patience.CancelAfter(Silence);
            HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            reached = true;
            return response;
        }
        catch (Exception error) when (IsBreak(error, cancellationToken))
        {
            // Who has no network should not wait for five attempts; who had one a moment ago may have it again.
            throw reached ? new BrokenOffException(DownloadFailure.Words(error), error) : DownloadFailure.NotReached(address, error);
        }
    }

    private async Task CopyAsync(
        HttpResponseMessage response, FileStream file, long? total, CancellationTokenSource patience, CancellationToken cancellationToken)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] buffer = new byte[1 << 17];
        long done = file.Position, reported = done;
        Report(done, total);
        while (await ReadAsync(body, buffer, patience, cancellationToken) is var count and > 0)
        {
            await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            done += count;
            if (done - reported < ReportEveryBytes) continue;
            Report(done, total);
            reported = done;
        }

        file.Flush(flushToDisk: true);
        Report(done, total);
        if (total is not null && done != total)
        {
            throw new BrokenOffException(string.Create(CultureInfo.InvariantCulture, $"{done:N0} of {total:N0} bytes came"));
        }
    }

    // Errors of the network end here as such; those of the disk, which no repetition mends, do not pass through.
    private async Task<int> ReadAsync(Stream body, byte[] buffer, CancellationTokenSource patience, CancellationToken cancellationToken)
    {
        try
        {
            patience.CancelAfter(Silence);
            return await body.ReadAsync(buffer, patience.Token);
        }
        catch (Exception error) when (IsBreak(error, cancellationToken))
        {
            throw new BrokenOffException(DownloadFailure.Words(error), error);
        }
    }

    private void Report(long done, long? total) => progress?.Report(new PreparationProgress($"downloading {Path.GetFileName(target)}", done, total));

    private async Task CheckAsync(PartialFile part, CancellationToken cancellationToken)
    {
        if (Md5 is null) return;
        progress?.Report(new PreparationProgress("checking the download", 0, null));
        string found;
        await using (var stream = new FileStream(part.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 17))
        {
#pragma warning disable CA5351 // MD5 is what is published; it finds damage and does not keep out an adversary.
            found = Convert.ToHexStringLower(await MD5.HashDataAsync(stream, cancellationToken));
#pragma warning restore CA5351
        }

        if (found == Md5) return;
        part.Delete();
        throw DownloadFailure.Damaged(address, Md5, found);
    }

    private static bool IsBreak(Exception error, CancellationToken cancellationToken) =>
        error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static bool Continues(HttpResponseMessage response, PartialFile part, long have) =>
        response.Content.Headers.ContentRange?.From == have && (VersionOf(response) ?? part.Version) == part.Version;

    // A weak ETag does not promise the same bytes and may not stand in If-Range.
    private static string? VersionOf(HttpResponseMessage response) => response.Headers.ETag is { IsWeak: false } tag
        ? tag.Tag
        : response.Content.Headers.LastModified?.ToString("R", CultureInfo.InvariantCulture);
}
