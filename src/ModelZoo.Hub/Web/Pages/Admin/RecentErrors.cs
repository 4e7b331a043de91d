using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ModelZoo.Hub.Web.Pages.Admin;

/// <summary>The last errors that this node logged, kept in memory so that an administrator sees them without a shell.</summary>
sealed class RecentErrors(TimeProvider time) : ILoggerProvider, ISupportExternalScope
{
    const int Kept = 50;
    const int MaxLength = 500;

    readonly ConcurrentQueue<ErrorLine> _lines = new();
    IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    /// <summary>Newest first.</summary>
    public IReadOnlyList<ErrorLine> List() => [.. _lines.Reverse()];

    public ILogger CreateLogger(string categoryName) => new Recorder(this);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose() { }

    void Add(string message)
    {
        var request = "";
        _scopes.ForEachScope((scope, _) =>
        {
            if (scope?.ToString() is { } text && text.StartsWith("RequestId:", StringComparison.Ordinal)) request = text[10..];
        }, 0);
        _lines.Enqueue(new(time.GetUtcNow(), request, message.Length <= MaxLength ? message : message[..MaxLength] + "…"));
        while (_lines.Count > Kept) _lines.TryDequeue(out _);
    }

    sealed class Recorder(RecentErrors owner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => owner._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) owner.Add(exception is null ? formatter(state, null) : $"{formatter(state, exception)}: {exception.Message}");
        }
    }
}
