namespace SigmaFunctions.Engine.Rules;

/// <summary>Work on every processor. Of <see cref="Parallel"/> a fresh process would compile and start more than this takes.</summary>
internal static class Processors
{
    /// <summary>Does something for each number from 0, in no order; it returns when all is done.</summary>
    /// <param name="count">How many numbers.</param>
    /// <param name="concurrency">Most threads; -1 for one on every processor.</param>
    /// <param name="work">What is done.</param>
    /// <exception cref="AggregateException">It failed somewhere; what has not been begun then is left.</exception>
    public static void ForEach(int count, int concurrency, Action<int> work)
    {
        int next = -1;
        var others = new Task[Math.Max(0, Math.Min(concurrency < 0 ? Environment.ProcessorCount : concurrency, count) - 1)];
        for (int i = 0; i < others.Length; i++)
            others[i] = Task.Run(Take);
        Exception? error = null;
        try
        {
            Take();
        }
        catch (Exception thrown)
        {
            error = thrown;
        }

        try
        {
            Task.WaitAll(others);
        }
        catch (AggregateException thrown) when (error is not null)
        {
            throw new AggregateException([error, .. thrown.InnerExceptions]);
        }

        if (error is not null)
            throw new AggregateException(error);

        void Take()
        {
            try
            {
                for (int i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
                    work(i);
            }
            catch
            {
                Volatile.Write(ref next, count);
                throw;
            }
        }
    }
}
