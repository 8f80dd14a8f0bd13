using System.Runtime.ExceptionServices;

namespace SigmaFunctions.App;

/// <summary>
/// Ends the process a short while after memory has run out anywhere in it, so that what failed can still be answered. Whoever could not
/// have memory may be in pieces: a request that is never answered, a lock that is never released. The host starts another process, and
/// what this one had in hand is delivered again.
/// </summary>
internal sealed class MemoryWatch : IDisposable
{
    /// <summary>Time to answer what has failed.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private const string Message = "SigmaFunctions has run out of memory and ends, to be started again: docs/limits.md tells what it needs.";

    // Everything that is needed then is made now.
    private readonly ManualResetEventSlim _exhausted = new();
    private readonly Action<string> _end;

    /// <summary>Begins to watch.</summary>
    /// <param name="end">Ends the process, with a message.</param>
    public MemoryWatch(Action<string> end)
    {
        _end = end;
        AppDomain.CurrentDomain.FirstChanceException += OnException;
        new Thread(Watch) { IsBackground = true, Name = nameof(MemoryWatch) }.Start();
    }

    /// <summary>Ends the watch.</summary>
    public void Dispose()
    {
        AppDomain.CurrentDomain.FirstChanceException -= OnException;
    }

    private void OnException(object? sender, FirstChanceExceptionEventArgs e)
    {
        if (e.Exception is OutOfMemoryException)
        {
            _exhausted.Set();
        }
    }

    private void Watch()
    {
        _exhausted.Wait();
        Thread.Sleep(Grace);
        _end(Message);
    }
}
