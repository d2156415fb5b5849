using System.CommandLine;

namespace Sequor.Cli.Load;

/// <summary><c>sequor health</c>: whether a service answers, for containers without a shell.</summary>
internal static class HealthCommand
{
    public static Command Create(Terminal terminal)
    {
        var service = new Argument<string>("URL") { Description = "Address of the service, such as http://127.0.0.1:8080." };
        var command = new Command("health", """
            Asks whether a service is ready: exit code 0 if it is, else 2.

            Example:
              sequor health http://127.0.0.1:8080
            """) { service };
        command.SetAction(line =>
        {
            var address = new Uri(LoadOptions.Service(line.GetRequiredValue(service)), "health/ready");
            using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(4) };
            try
            {
                using HttpResponseMessage answer = client.Send(new HttpRequestMessage(HttpMethod.Get, address), terminal.Cancellation);
                if (!answer.IsSuccessStatusCode) throw new InvalidInputException($"{address} answers {(int)answer.StatusCode}; the service loads, ends, or is another one");
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !terminal.Cancellation.IsCancellationRequested)
            {
                throw new InvalidInputException($"{address} does not answer: {error.GetBaseException().Message.TrimEnd('.')}; start the service with `sequor serve MODEL`", error);
            }

            terminal.Say("ready");
            return 0;
        });
        return command;
    }
}
