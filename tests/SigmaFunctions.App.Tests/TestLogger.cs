using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SigmaFunctions.App.Tests;

/// <summary>Keeps what is logged.</summary>
internal sealed class TestLogger<T> : ILogger<T>
{
    private readonly ConcurrentQueue<(LogLevel Level, int Id, string Message)> _entries = new();

    public IReadOnlyCollection<(LogLevel Level, int Id, string Message)> Entries => _entries;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _entries.Enqueue((logLevel, eventId.Id, formatter(state, exception)));
}
