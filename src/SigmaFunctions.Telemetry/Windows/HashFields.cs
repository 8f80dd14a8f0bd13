using System.Collections.Immutable;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>
/// The fields that Sigma's taxonomy has for single hashes, from the one that Sysmon writes (<c>Hashes</c>, of streams <c>Hash</c>):
/// <c>SHA1=…,MD5=…,SHA256=…,IMPHASH=…</c>.
/// </summary>
internal sealed class HashFields
{
    /// <summary>The fields.</summary>
    public static readonly ImmutableArray<string> Fields = ["md5", "sha1", "sha256", "imphash"];

    private readonly ImmutableArray<Name> _fields;
    private readonly Name _hashes;
    private readonly Name _hash;

    /// <summary>Makes it.</summary>
    /// <param name="names">Where it adds the names that it looks for.</param>
    public HashFields(NameTable.Builder names)
    {
        _fields = [.. Fields.Select(names.Add)];
        _hashes = names.Add("Hashes");
        _hash = names.Add("Hash");
    }

    /// <summary>Whether anybody looks at one of them.</summary>
    public bool AreWanted(EventSink sink)
    {
        foreach (Name field in _fields)
        {
            if (sink.Wants(field))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Sets those that somebody looks at and the event does not have itself.</summary>
    public void Map(EventSink sink)
    {
        if (!AreWanted(sink))
        {
            return;
        }

        RecordValue hashes = sink[_hashes].IfStated() is { Exists: true } several ? several : sink[_hash].IfStated();
        foreach (Name field in _fields)
        {
            if (hashes.Exists && sink.Wants(field) && !sink[field].Exists && Find(hashes.Text, NameOf(field)) is { IsEmpty: false } hash)
            {
                sink.Map(field, sink.Tape.Compose(hash));
            }
        }
    }

    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> hashes, ReadOnlySpan<byte> algorithm)
    {
        foreach (Range range in hashes.Split((byte)','))
        {
            ReadOnlySpan<byte> one = hashes[range].Trim((byte)' ');
            if (one.Length > algorithm.Length && one[algorithm.Length] == (byte)'=' && Utf8IgnoreCase.StartsWith(one, algorithm))
            {
                return one[(algorithm.Length + 1)..];
            }
        }

        return default;
    }

    private ReadOnlySpan<byte> NameOf(Name field) =>
        field == _fields[0] ? "MD5"u8 : field == _fields[1] ? "SHA1"u8 : field == _fields[2] ? "SHA256"u8 : "IMPHASH"u8;
}
