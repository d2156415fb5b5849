using System.Collections.Concurrent;

namespace Sequor.Serving;

/// <summary>
/// Answers questions from many threads in a fixed number of batches at a time. Who finds a batch free runs it with the one question, on the
/// thread that asked; who does not waits, and the next batch takes all that wait. So a lone question loses no time, and under
/// load the batches grow.
/// </summary>
internal sealed class RequestBatcher
{
    private readonly ConcurrentQueue<Question> _waiting = new();
    private readonly ConcurrentBag<List<Question>> _lists = [];
    private readonly int _concurrentBatches, _largestBatch;
    private readonly Action<List<Question>> _run;
    private int _free;

    internal RequestBatcher(int concurrentBatches, int largestBatch, Action<List<Question>> run)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(concurrentBatches, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(largestBatch, 1);
        (_concurrentBatches, _largestBatch, _run, _free) = (concurrentBatches, largestBatch, run, concurrentBatches);
    }

    /// <summary>Questions that wait for a batch.</summary>
    internal int Waiting => _waiting.Count;

    /// <summary>Asks; the answer may be there already on return.</summary>
    internal Task<RecommendationAnswer> Ask(Question question)
    {
        if (_waiting.IsEmpty && TryBegin())
        {
            Run([question]);
            End();
            return question.Answer;
        }

        _waiting.Enqueue(question);
        StartWaiting();
        return question.Answer;
    }

    // A batch that has become free since the question was put to the others must not leave it there.
    private void StartWaiting()
    {
        if (!_waiting.IsEmpty && TryBegin()) ThreadPool.UnsafeQueueUserWorkItem(static batcher => batcher.RunWaiting(), this, preferLocal: false);
    }

    private void RunWaiting()
    {
        if (!_lists.TryTake(out List<Question>? taken)) taken = [];
        // A share for each batch, so that none takes all while another one idles.
        int share = Math.Clamp((_waiting.Count + _concurrentBatches - 1) / _concurrentBatches, 1, _largestBatch);
        while (taken.Count < share && _waiting.TryDequeue(out Question? question))
            if (!question.Abandoned) taken.Add(question);
        if (taken.Count > 0) Run(taken);
        taken.Clear();
        _lists.Add(taken);
        End();
    }

    private void Run(List<Question> questions)
    {
        while (questions.Count > 0)
        {
            QuestionKind kind = questions[0].Kind;
            List<Question> alike = questions.TrueForAll(question => question.Kind == kind) ? questions : questions.FindAll(question => question.Kind == kind);
            try
            {
                _run(alike);
            }
            catch (Exception failure)
            {
                // One question must not fail for another: what went wrong together is tried alone.
                foreach (Question question in alike)
                    if (alike.Count == 1) question.Set(failure);
                    else if (!question.Abandoned) Run([question]);
            }
            if (ReferenceEquals(alike, questions)) return;
            questions.RemoveAll(question => question.Kind == kind);
        }
    }

    private bool TryBegin()
    {
        for (int free = Volatile.Read(ref _free); free > 0; free = Volatile.Read(ref _free))
            if (Interlocked.CompareExchange(ref _free, free - 1, free) == free) return true;
        return false;
    }

    private void End()
    {
        Interlocked.Increment(ref _free);
        StartWaiting();
    }
}
