using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>
/// An event of the Windows event log in whatever shape it came, under the names of its own schema: every Windows shape fills one
/// and has <see cref="WindowsViews"/> write it.
/// </summary>
internal sealed class WindowsRecord
{
    private readonly List<(string Name, RecordValue Value)> _fields = [];

    /// <summary>Channel, such as <c>Security</c>.</summary>
    public string? Channel { get; init; }

    /// <summary>Provider, such as <c>Microsoft-Windows-Security-Auditing</c>.</summary>
    public string? Provider { get; init; }

    /// <summary>Event id as text.</summary>
    public string? EventId { get; init; }

    /// <summary>The fields in order; of a name that repeats, the last counts.</summary>
    public IReadOnlyList<(string Name, RecordValue Value)> Fields => _fields;

    /// <summary>The field of that exact name; absent where there is none.</summary>
    public RecordValue this[string name]
    {
        get
        {
            for (int i = _fields.Count - 1; i >= 0; i--)
            {
                if (_fields[i].Name == name)
                {
                    return _fields[i].Value;
                }
            }

            return default;
        }
    }

    /// <summary>Adds a field; an absent value adds nothing.</summary>
    public void Add(string name, RecordValue value)
    {
        if (value.Exists)
        {
            _fields.Add((name, value));
        }
    }

    /// <summary>
    /// The account: Sysmon's <c>User</c>, else the subject's, else the target's, as <c>domain\name</c>; <see langword="null"/> where
    /// none is stated.
    /// </summary>
    public string? Account =>
        Stated("User") ?? Joined(Stated("SubjectDomainName"), Stated("SubjectUserName"))
        ?? Joined(Stated("TargetDomainName"), Stated("TargetUserName"));

    /// <summary>The text of a field unless it is absent, empty or the dash that Windows writes for nothing.</summary>
    public string? Stated(string name) => this[name].Text is { Length: > 0 } text && text != "-" ? text : null;

    /// <summary><c>domain\name</c>, or the name alone where there is no domain; <see langword="null"/> without a name.</summary>
    public static string? Joined(string? domain, string? name) => name is null ? null : domain is null ? name : $@"{domain}\{name}";
}
