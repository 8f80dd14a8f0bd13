using System.Buffers;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>What shows that a value is that of a field.</summary>
internal enum ValueSign
{
    /// <summary>Nothing: it may be any text.</summary>
    None,

    /// <summary>A GUID.</summary>
    Guid,

    /// <summary>Sysmon's date and time.</summary>
    Time,

    /// <summary>A security identifier.</summary>
    Sid,

    /// <summary>A number, decimal or hexadecimal.</summary>
    Number,

    /// <summary>Sysmon's hashes, each with its algorithm.</summary>
    Hashes,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>An address of a host.</summary>
    Address,
}

/// <summary>Values of event data that come without their names: what they look like.</summary>
internal static class EventValues
{
    private static readonly SearchValues<byte> InNoName = SearchValues.Create("\\/:\"<>|*?=,%{"u8);

    /// <summary>What a value looks like that a field of that name has in every event.</summary>
    public static ValueSign SignOf(string name) => name switch
    {
        "ProcessGuid" or "ParentProcessGuid" or "SourceProcessGuid" or "SourceProcessGUID" or "TargetProcessGuid" or "TargetProcessGUID"
            or "LogonGuid" or "TargetLogonGuid" => ValueSign.Guid,
        "UtcTime" or "CreationUtcTime" or "PreviousCreationUtcTime" => ValueSign.Time,
        "SubjectUserSid" or "TargetUserSid" => ValueSign.Sid,
        "LogonId" or "SubjectLogonId" or "TargetLogonId" or "ProcessId" or "ParentProcessId" or "SourceProcessId" or "TargetProcessId"
            or "NewProcessId" or "LogonType" or "KeyLength" or "GrantedAccess" or "AccessMask" or "TerminalSessionId" or "IpPort" or "SourcePort"
            or "DestinationPort" => ValueSign.Number,
        "Hashes" => ValueSign.Hashes,
        "Signed" or "Initiated" => ValueSign.Boolean,
        "IpAddress" or "SourceIp" or "DestinationIp" => ValueSign.Address,
        _ => ValueSign.None,
    };

    /// <summary>Whether a value may be one with that sign; what stands for nothing may be any.</summary>
    public static bool Fits(RecordValue value, ValueSign sign)
    {
        ReadOnlySpan<byte> text = value.Text;
        if (sign == ValueSign.None || text.IsEmpty || text.SequenceEqual("-"u8))
        {
            return true;
        }

        return sign switch
        {
            ValueSign.Guid => IsGuid(text),
            ValueSign.Time => text is [>= (byte)'0' and <= (byte)'9', _, _, _, (byte)'-', _, _, (byte)'-', ..],
            ValueSign.Sid => text.StartsWith("S-1-"u8) || IsAccount(text),
            ValueSign.Number => IsNumber(text),
            ValueSign.Hashes => text.Contains((byte)'='),
            ValueSign.Address => text.ContainsAny((byte)'.', (byte)':') || text.SequenceEqual("LOCAL"u8),
            _ => value.Kind == FieldValueKind.Boolean || text.SequenceEqual("true"u8) || text.SequenceEqual("false"u8),
        };
    }

    /// <summary>Whether a text is an account with its domain, rather than a path or a command.</summary>
    public static bool IsAccount(ReadOnlySpan<byte> text)
    {
        int separator = text.IndexOf((byte)'\\');
        return separator > 0 && separator < text.Length - 1
            && !text[(separator + 1)..].ContainsAny(InNoName) && !text[..separator].ContainsAny(InNoName)
            && text.IndexOf(".exe"u8) < 0;
    }

    private static bool IsGuid(ReadOnlySpan<byte> text)
    {
        text = text is [(byte)'{', .. var inner, (byte)'}'] ? inner : text;
        return text is { Length: 36 } && text[8] == (byte)'-' && text[13] == (byte)'-' && text[18] == (byte)'-' && text[23] == (byte)'-';
    }

    private static bool IsNumber(ReadOnlySpan<byte> text)
    {
        text = text is [(byte)'-', .. var positive] ? positive : text;
        bool isHexadecimal = text is [(byte)'0', (byte)'x' or (byte)'X', _, ..];
        foreach (byte digit in isHexadecimal ? text[2..] : text)
        {
            if (!(isHexadecimal ? char.IsAsciiHexDigit((char)digit) : char.IsAsciiDigit((char)digit)))
            {
                return false;
            }
        }

        return true;
    }
}
