using System.Globalization;

namespace Sequor.Preparation.Downloads;

/// <summary>The sentences of downloads that fail: what, why, and the way without.</summary>
internal static class DownloadFailure
{
    private const string Otherwise = "give a file at hand or a mirror with --source FILE|DIR|URL";

    public static InvalidInputException NotReached(Uri address, Exception reason) =>
        new($"{address} cannot be reached: {Words(reason)}; look at the network, or {Otherwise}", reason);

    public static InvalidInputException Refused(Uri address, HttpResponseMessage response) =>
        new($"{address} cannot be downloaded: {Words(response)}; {Otherwise}");

    public static InvalidInputException BrokenOff(Uri address, long have, Exception reason) => new(
        string.Create(
            CultureInfo.InvariantCulture, $"the download of {address} breaks off again and again at {have:N0} bytes: {reason.Message}; run it again to go on, or {Otherwise}"),
        reason);

    public static InvalidInputException Damaged(Uri address, string published, string found) =>
        new($"the download of {address} is damaged or another file: its MD5 is {found}, published is {published}; it was removed, run it again or {Otherwise}");

    /// <summary>The answer of a server in words.</summary>
    public static string Words(HttpResponseMessage response) =>
        string.Create(CultureInfo.InvariantCulture, $"the server answers {(int)response.StatusCode} {response.ReasonPhrase}").TrimEnd();

    /// <summary>The innermost reason, without the text that libraries put around it.</summary>
    public static string Words(Exception error) =>
        error is OperationCanceledException ? "the server says nothing" : (error.InnerException is { } inner ? Words(inner) : error.Message.TrimEnd('.'));
}

/// <summary>A connection that broke off and may be tried again.</summary>
internal sealed class BrokenOffException : Exception
{
    public BrokenOffException(string message) : base(message) { }

    public BrokenOffException(string message, Exception innerException) : base(message, innerException) { }
}
