using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;

namespace Sequor.Preparation.Reading;

/// <summary>
/// Reads a table of ratings into <see cref="Interactions"/>: DuckDB reads whatever the files are and hands over text, 2,048 rows at a time;
/// values are checked here, and two more threads code users and items and write the columns. Rows outside the time range or below the
/// rating are left out here.
/// </summary>
internal sealed class InteractionReader(RatingsTable table, PreparationRequest request, DropLog drops, CancellationToken cancellationToken)
{
    private const int BatchCount = 16;

    private readonly Utf8Key[] texts = new Utf8Key[Utf8Dictionary.BatchSize];
    private readonly string?[] broken = new string?[Utf8Dictionary.BatchSize];
    private bool isRefused;

    /// <summary>Rows that the source had, those left out included.</summary>
    public long RowCount { get; private set; }

    /// <summary>How the times are written: as the request says, else as the first chunk shows; null without times.</summary>
    public TimeUnit? Unit { get; private set; } = table.Time is null ? null : request.TimeUnit;

    /// <summary>Reads everything.</summary>
    public Interactions Read(DuckDbSession duck, IProgress<PreparationProgress>? progress)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(request.Output))!;
        var interactions = new Interactions(folder, table.Rating is not null, table.Time is not null, table.Order is not null);
        try
        {
            Read(duck, interactions, folder, progress);
            if (request.SkipBadRows && table.Format == TableFormat.Delimited) CountBrokenLines(duck);
            return interactions;
        }
        catch
        {
            interactions.Dispose();
            throw;
        }
    }

    private void Read(DuckDbSession duck, Interactions into, string folder, IProgress<PreparationProgress>? progress)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using BlockingCollection<InteractionBatch> free = [], users = [], items = [];
        InteractionBatch[] batches = [.. Enumerable.Range(0, BatchCount).Select(_ => new InteractionBatch(free))];
        foreach (InteractionBatch batch in batches) free.Add(batch, cancellationToken);
        Task[] others =
        [
            Task.Run(() => Drain(users, into.AddUsers, stop), stop.Token),
            Task.Run(() => Drain(items, into.AddItems, stop), stop.Token),
            Task.Run(() => GzipCheck.Run(table.Files, stop.Token), stop.Token),
        ];
        Exception? failure = null;
        try
        {
            using var unpacked = new UnpackedFiles(table.Files, folder, cancellationToken);
            foreach (TextChunk chunk in duck.ReadText((table with { Unpacked = unpacked.Paths }).SelectSql(request.SkipBadRows)))
            {
                InteractionBatch batch = Next(free, chunk, stop.Token);
                Take(chunk, batch);
                into.RowCount += batch.Count;
                users.Add(batch, stop.Token);
                items.Add(batch, stop.Token);
                if ((RowCount & 0x3FFFF) >= chunk.RowCount) continue;
                double part = duck.Progress;
                progress?.Report(new PreparationProgress("reading", RowCount, part > 0 ? (long)(RowCount / part) : null));
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A writer failed and stopped the reading; its reason comes out of the wait below.
        }
        catch (Exception error)
        {
            failure = error;
        }

        users.CompleteAdding();
        items.CompleteAdding();
        // Behind a bad row nobody needs to know whether the file is whole; an error of DuckDB's may come of a file that is cut off.
        if (isRefused) stop.Cancel();
        try
        {
            Task.WhenAll(others).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (failure is not null)
        {
            // Stopped because of the failure.
        }
        finally
        {
            foreach (InteractionBatch batch in batches) batch.Abandon();
        }

        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
    }

    private static InteractionBatch Next(BlockingCollection<InteractionBatch> free, TextChunk chunk, CancellationToken cancellationToken)
    {
        try
        {
            InteractionBatch batch = free.Take(cancellationToken);
            batch.Begin(chunk);
            return batch;
        }
        catch
        {
            chunk.Dispose();
            throw;
        }
    }

    private static void Drain(BlockingCollection<InteractionBatch> queue, Action<InteractionBatch> write, CancellationTokenSource stop)
    {
        try
        {
            foreach (InteractionBatch batch in queue.GetConsumingEnumerable(stop.Token))
            {
                write(batch);
                batch.Release();
            }
        }
        catch
        {
            stop.Cancel();
            throw;
        }
    }

    private void Take(TextChunk chunk, InteractionBatch batch)
    {
        int count = chunk.RowCount, column = 2;
        Array.Clear(broken, 0, count);
        chunk.Read(0, batch.Users);
        chunk.Read(1, batch.Items);
        CheckIds(table.User, batch.Users, count);
        CheckIds(table.Item, batch.Items, count);
        if (table.Rating is not null)
        {
            chunk.Read(column++, texts);
            for (int row = 0; row < count; row++)
            {
                if (!TryRating(texts[row].Span, out batch.Ratings[row])) Refuse(row, table.Rating, texts[row], "must be a number such as 4 or 3.5");
            }
        }

        if (table.Time is not null)
        {
            chunk.Read(column++, texts);
            Unit ??= TimeText.Guess(Enumerable.Range(0, count).Select(row => Encoding.UTF8.GetString(texts[row].Span)));
            for (int row = 0; row < count; row++)
            {
                if (Unit is not { } unit || !TimeText.TryParse(texts[row].Span, unit, out batch.Times[row])) Refuse(row, table.Time, texts[row], TimeText.Rule(Unit));
            }
        }

        if (table.Order is not null)
        {
            chunk.Read(column, texts);
            for (int row = 0; row < count; row++)
            {
                if (!Utf8Parser.TryParse(texts[row].Span, out batch.Order[row], out int read) || read != texts[row].Length) Refuse(row, table.Order, texts[row], "must be a whole number");
            }
        }

        Select(batch, count);
        RowCount += count;
    }

    private void CheckIds(string column, Utf8Key[] ids, int count)
    {
        for (int row = 0; row < count; row++)
        {
            if (ids[row].Length == 0) Refuse(row, column, ids[row], "must not be empty");
            else if (ids[row].Length > Utf8Dictionary.MaximumLength) Refuse(row, column, ids[row], $"is longer than {Utf8Dictionary.MaximumLength:N0} bytes");
            else if (ids[row].Span.Contains((byte)0)) Refuse(row, column, ids[row], "holds a NUL byte, which no text has");
        }
    }

    // Moves the rows that go on together.
    private void Select(InteractionBatch batch, int count)
    {
        InteractionFilter filter = request.Filter;
        long from = filter.From is { } first ? first * 1_000_000 : long.MinValue, until = filter.Until is { } end ? end * 1_000_000 : long.MaxValue;
        int n = 0;
        for (int row = 0; row < count; row++)
        {
            if (broken[row] is not null) continue;
            string? reason = table.Rating is not null && batch.Ratings[row] < filter.MinimumRating ? string.Create(CultureInfo.InvariantCulture, $"rating below {filter.MinimumRating}")
                : table.Time is not null && (batch.Times[row] < from || batch.Times[row] >= until) ? "outside the time range"
                : null;
            if (reason is not null)
            {
                if (drops[reason].Add(RowCount + row)) drops[reason].Show($"user {Encoding.UTF8.GetString(batch.Users[row].Span)}, item {Encoding.UTF8.GetString(batch.Items[row].Span)}");
                continue;
            }

            (batch.Users[n], batch.Items[n], batch.Ratings[n], batch.Times[n], batch.Order[n]) = (batch.Users[row], batch.Items[row], batch.Ratings[row], batch.Times[row], batch.Order[row]);
            batch.Rows[n++] = RowCount + row;
        }

        batch.Count = n;
    }

    private void Refuse(int row, string column, Utf8Key text, string rule)
    {
        if (broken[row] is not null) return;
        string value = Encoding.UTF8.GetString(text.Span[..Math.Min(text.Length, 200)]).Replace("\0", "\\0", StringComparison.Ordinal);
        if (!request.SkipBadRows)
        {
            isRefused = true;
            throw new InvalidInputException(
                $"column '{column}' = '{value}' {rule}; mend the row, name another column, or leave such rows out (--skip-bad-rows) {SourceLine.Where(table, RowCount + row)}");
        }

        broken[row] = $"{column} {rule}";
        if (drops[broken[row]!].Add(RowCount + row)) drops[broken[row]!].Show($"{column} '{value}'");
    }

    private void CountBrokenLines(DuckDbSession duck)
    {
        DropReason reason = drops["not a row of the table"];
        // A line has a row here for everything that is wrong with it.
        string lines = "SELECT DISTINCT ON (file_id, line) file_path, line, csv_line FROM reject_errors JOIN reject_scans USING (scan_id, file_id) ORDER BY file_id, line";
        duck.Read(lines, reader =>
        {
            string text = reader.IsDBNull(2) ? "" : reader.GetString(2);
            if (reason.Add(reason.Count)) reason.Show(string.Create(CultureInfo.InvariantCulture, $"{text[..Math.Min(text.Length, 80)]} ({reader.GetString(0)}:{reader.GetValue(1)})"));
        });
        RowCount += reason.Count;
    }

    private static bool TryRating(ReadOnlySpan<byte> text, out float value)
    {
        if (text.Length == 1 && (uint)(text[0] - '0') <= 9)
        {
            value = text[0] - '0';
            return true;
        }

        return Utf8Parser.TryParse(text, out value, out int read) && read == text.Length && float.IsFinite(value);
    }
}
