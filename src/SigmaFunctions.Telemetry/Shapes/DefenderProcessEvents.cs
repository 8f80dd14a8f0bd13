using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// Defender's <c>DeviceProcessEvents</c> as Sigma's <c>process_creation</c>. The row's own columns stay beside the mapped names, for
/// rules written for them.
/// </summary>
internal sealed class DefenderProcessEvents(NameTable.Builder names)
{
    private static readonly LogSourceSet Windows = [new LogSource("process_creation", "windows")];
    private static readonly LogSourceSet Linux = [new LogSource("process_creation", "linux")];
    private static readonly LogSourceSet MacOS = [new LogSource("process_creation", "macos")];

    /// <summary>Folders at the root that macOS has and Linux has not.</summary>
    private static readonly ImmutableArray<byte[]> MacFolders =
    [
        .. new[] { "/Applications/", "/Library/", "/Network/", "/System/", "/Users/", "/Volumes/", "/cores/", "/private/", "/usr/libexec/xpcproxy" }
            .Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>Columns that only have another name.</summary>
    private readonly ImmutableArray<(Name Field, Name Column)> _renamed =
    [
        (names.Add("CommandLine"), names.Add("ProcessCommandLine")),
        (names.Add("ParentCommandLine"), names.Add("InitiatingProcessCommandLine")),
        (names.Add("OriginalFileName"), names.Add("ProcessVersionInfoOriginalFileName")),
        (names.Add("Product"), names.Add("ProcessVersionInfoProductName")),
        (names.Add("Company"), names.Add("ProcessVersionInfoCompanyName")),
        (names.Add("Description"), names.Add("ProcessVersionInfoFileDescription")),
        (names.Add("FileVersion"), names.Add("ProcessVersionInfoProductVersion")),
        (names.Add("IntegrityLevel"), names.Add("ProcessIntegrityLevel")),
        (names.Add("ParentProcessId"), names.Add("InitiatingProcessId")),
        (names.Add("md5"), names.Add("MD5")),
        (names.Add("sha1"), names.Add("SHA1")),
        (names.Add("sha256"), names.Add("SHA256")),
    ];

    private readonly Name _folderPath = names.Add("FolderPath");
    private readonly Name _fileName = names.Add("FileName");
    private readonly Name _accountDomain = names.Add("AccountDomain");
    private readonly Name _accountName = names.Add("AccountName");
    private readonly Name _initiatingFolderPath = names.Add("InitiatingProcessFolderPath");
    private readonly Name _initiatingFileName = names.Add("InitiatingProcessFileName");
    private readonly Name _initiatingParentFileName = names.Add("InitiatingProcessParentFileName");
    private readonly Name _initiatingAccountDomain = names.Add("InitiatingProcessAccountDomain");
    private readonly Name _initiatingAccountName = names.Add("InitiatingProcessAccountName");
    private readonly Name _sha1 = names.Add("SHA1");
    private readonly Name _md5 = names.Add("MD5");
    private readonly Name _sha256 = names.Add("SHA256");
    private readonly Name _additionalFields = names.Add("AdditionalFields");
    private readonly Name _workingDirectory = names.Add("ProcessCurrentWorkingDirectory");

    private readonly Name _image = names.Add("Image");
    private readonly Name _parentImage = names.Add("ParentImage");
    private readonly Name _grandParentImage = names.Add("GrandParentImage");
    private readonly Name _currentDirectory = names.Add("CurrentDirectory");
    private readonly Name _user = names.Add("User");
    private readonly Name _parentUser = names.Add("ParentUser");
    private readonly Name _logonId = names.Add("LogonId");
    private readonly Name _hashes = names.Add("Hashes");

    /// <summary>Writes the view.</summary>
    /// <param name="row">The row.</param>
    /// <param name="sink">Where to.</param>
    public void Write(RecordValue row, EventSink sink)
    {
        var additional = new AdditionalFields(row[_additionalFields], _workingDirectory);
        LogSourceSet logSources = LogSourcesOf(row, ref additional);
        bool windows = ReferenceEquals(logSources, Windows);
        ReadOnlySpan<byte> separator = windows ? @"\"u8 : "/"u8;
        if (sink.BeginView(logSources))
        {
            sink.SetAll(row);
            foreach ((Name field, Name column) in _renamed)
            {
                sink.Map(field, row[column]);
            }

            if (sink.Wants(_additionalFields))
            {
                sink.Set(_additionalFields, additional.Parsed());
            }

            if (sink.Wants(_currentDirectory))
            {
                sink.Map(_currentDirectory, additional.WorkingDirectory());
            }

            if (sink.Wants(_image))
            {
                sink.Map(_image, sink.FullPath(row[_folderPath], row[_fileName], separator));
            }

            if (sink.Wants(_parentImage))
            {
                sink.Map(_parentImage, sink.FullPath(row[_initiatingFolderPath], row[_initiatingFileName], separator));
            }

            if (sink.Wants(_grandParentImage))
            {
                sink.Map(_grandParentImage, sink.FullPath(default, row[_initiatingParentFileName], separator));
            }

            // Sysmon for Linux and its rules name an account alone (root).
            if (sink.Wants(_user))
            {
                sink.Map(_user, sink.AccountOf(windows ? row[_accountDomain] : default, row[_accountName]));
            }

            if (sink.Wants(_parentUser))
            {
                sink.Map(
                    _parentUser, sink.AccountOf(windows ? row[_initiatingAccountDomain] : default, row[_initiatingAccountName]));
            }

            if (sink.Wants(_logonId))
            {
                sink.Map(_logonId, Hexadecimal(sink.Tape, row[_logonId]));
            }

            if (sink.Wants(_hashes))
            {
                sink.Map(_hashes, HashesOf(sink.Tape, row[_sha1], row[_md5], row[_sha256]));
            }
        }

        sink.EndView();
    }

    /// <summary>
    /// The log sources by the operating system, which the row does not state: Unix paths begin with a slash, and macOS has folders
    /// of its own. A row that shows none of these is taken for Linux.
    /// </summary>
    private LogSourceSet LogSourcesOf(RecordValue row, ref AdditionalFields additional)
    {
        RecordValue image = row[_folderPath].IfStated();
        RecordValue parent = row[_initiatingFolderPath].IfStated();
        RecordValue first = image.Exists ? image : parent;
        if (first.Exists && !DefenderRow.IsUnixPath(first))
        {
            return Windows;
        }

        RecordValue directory = additional.WorkingDirectory().IfStated();
        RecordValue grandParent = row[_initiatingParentFileName].IfStated();
        first = first.Exists ? first : directory.Exists ? directory : grandParent;
        return !DefenderRow.IsUnixPath(first) ? Windows
            : IsMac(image) || IsMac(parent) || IsMac(directory) || IsMac(grandParent) ? MacOS
            : Linux;
    }

    private static bool IsMac(RecordValue path)
    {
        ReadOnlySpan<byte> text = path.Text;
        foreach (byte[] folder in MacFolders)
        {
            if (text.StartsWith(folder))
            {
                return true;
            }
        }

        return text.SequenceEqual("/sbin/launchd"u8) || text.SequenceEqual("launchd"u8) || text.SequenceEqual("xpcproxy"u8);
    }

    /// <summary>A logon id as Windows writes it; Defender writes it in decimal.</summary>
    private static RecordValue Hexadecimal(RecordTape tape, RecordValue id)
    {
        if (!id.HasText || !ulong.TryParse(id.Text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
        {
            return id;
        }

        Span<byte> digits = stackalloc byte[16];
        Utf8Formatter.TryFormat(number, digits, out int length, new StandardFormat('x'));
        return tape.Compose("0x"u8, digits[..length]);
    }

    /// <summary>The hashes as Sysmon writes them: <c>SHA1=…,MD5=…,SHA256=…</c> in upper case, without those that are not known.</summary>
    private static RecordValue HashesOf(RecordTape tape, RecordValue sha1, RecordValue md5, RecordValue sha256)
    {
        // The case of a letter may take more bytes than the letter, but never three times as many.
        const int Names = 20;
        Span<byte> hashes = tape.Reserve(((sha1.Text.Length + md5.Text.Length + sha256.Text.Length) * 3) + Names);
        int length = 0;
        Append(hashes, ref length, "SHA1="u8, sha1.Text);
        Append(hashes, ref length, "MD5="u8, md5.Text);
        Append(hashes, ref length, "SHA256="u8, sha256.Text);
        return length == 0 ? default : tape.Take(length);
    }

    private static void Append(Span<byte> hashes, ref int length, ReadOnlySpan<byte> algorithm, ReadOnlySpan<byte> hash)
    {
        if (hash.IsEmpty)
        {
            return;
        }

        if (length > 0)
        {
            hashes[length++] = (byte)',';
        }

        algorithm.CopyTo(hashes[length..]);
        length += algorithm.Length;
        if (Ascii.ToUpper(hash, hashes[length..], out int written) != OperationStatus.Done)
        {
            written = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(hash).ToUpperInvariant(), hashes[length..]);
        }

        length += written;
    }

    /// <summary>A row's <c>AdditionalFields</c>, which are an object, its text or something else; read only when they are needed.</summary>
    private struct AdditionalFields(RecordValue value, Name workingDirectory)
    {
        private RecordValue? _parsed;

        /// <summary>The object, whether it came as one or as its text; the value as it is where it is neither.</summary>
        public RecordValue Parsed() =>
            _parsed ??= value.Tape is { } tape && tape.TryParseObject(value, out RecordValue parsed) ? parsed : value;

        /// <summary>The working directory of the process.</summary>
        public RecordValue WorkingDirectory() =>
            _parsed is not null || value.IsObject || value.RawContains("ProcessCurrentWorkingDirectory"u8) || value.RawContains(@"\u"u8)
                ? Parsed()[workingDirectory]
                : default;
    }
}
