namespace Sequor.Server.Users;

/// <summary>The file of the histories was removed or renamed while the service had it: what is written would be lost.</summary>
public sealed class HistoriesGoneException(string path)
    : IOException($"{path} is no longer there: it was removed or renamed while the service had it, and nothing can be kept; end the service, bring the file back, and start it again");
