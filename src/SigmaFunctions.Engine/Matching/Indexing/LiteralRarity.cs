using System.Text;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>
/// How often a test is likely to hold on an event: a guess from its length and from what stands in most command lines and paths. It
/// decides only how much work an event is, never a verdict.
/// </summary>
internal static class LiteralRarity
{
    /// <summary>The estimate for a test that holds on about every event.</summary>
    public const double Always = 1;

    // What a large part of all events holds. A literal that stands in here is a poor reason to look at a rule.
    private const string CommonText =
        @"c:\windows\system32\ c:\windows\syswow64\ c:\program files (x86)\ c:\programdata\ \microsoft\windows\ \users\public\ "
        + @"\appdata\local\temp\ \appdata\roaming\ \device\harddiskvolume ""c:\windows\explorer.exe"" \powershell.exe \cmd.exe /c \svchost.exe -k "
        + @"\rundll32.exe \wscript.exe \cscript.exe \mshta.exe \regsvr32.exe \reg.exe \net.exe \net1.exe \schtasks.exe \services.exe "
        + @"\wmic.exe \conhost.exe \taskhostw.exe \pwsh.exe pwsh.dll windowspowershell\v1.0\ powershell_ise.exe wsmprovhost.exe .exe .dll .ps1 .bat .vbs http:// https:// www. "
        + @"microsoft corporation operating system hklm\software\microsoft\windows nt\currentversion\ hkcu\ \registry\machine\system\currentcontrolset\services\ "
        + "nt authority\\system local service network service true false high medium system low success failure 0x0 -1 0 1 2 3 -noprofile -nop -command "
        + "setvalue createkey deletevalue dword (0x00000001) user32 kernel32.dll ntdll.dll unknown 127.0.0.1 ::1 add new get set start for run "
        + @"0x3e7 s-1-5-18 conhost.exe 0xffffffff -forcev1 c:\users\ ";

    // What some of all events hold: one in a dozen or two.
    private const string FrequentText =
        @"\appdata\ \winlogon.exe \msedge.exe \chrome.exe c:\program files\microsoft\edge\application\ c:\program files\google\chrome\application\ "
        + @"\microsoft\edgeupdate\ \dllhost.exe \searchindexer.exe \whoami.exe \wermgr.exe -embedding -k netsvcs -p -s schedule localservice -nologo -file -executionpolicy bypass "
        + "user service process type time name config export query create delete local group path value list .txt .log .xml .js .zip .cmd net1 ";

    private static readonly byte[] Common = Encoding.UTF8.GetBytes(CommonText);

    private static readonly byte[] Frequent = Encoding.UTF8.GetBytes(FrequentText);

    /// <summary>The estimate for a folded literal that is looked for anywhere in a value.</summary>
    public static double OfContained(ReadOnlySpan<byte> folded)
    {
        if (folded.Length == 1)
        {
            return CharacterRarity.CommonnessOf((char)folded[0]) > 0 ? 0.8 : 0.05;
        }

        if (IsCommon(folded))
        {
            return folded.Length < 4 ? 0.4 : 0.3;
        }

        if (IsFrequent(folded))
        {
            return 0.05;
        }

        return folded.Length switch
        {
            < 4 => 0.05,
            < 6 => 0.01,
            < 9 => 0.003,
            _ => 0.0005,
        };
    }

    /// <summary>The estimate for a folded literal that is a value's begin or end.</summary>
    public static double OfPlaced(ReadOnlySpan<byte> folded) =>
        folded.SequenceEqual(".exe"u8) || @"c:\windows\"u8.StartsWith(folded) ? 0.7 : IsCommon(folded) ? 0.1 : OfContained(folded);

    /// <summary>The estimate for a folded literal that is a whole value: short and common ones stand in fields of few values.</summary>
    public static double OfWhole(ReadOnlySpan<byte> folded) => IsCommon(folded) ? 0.4 : folded.Length < 4 ? 0.1 : OfContained(folded);

    /// <summary>Whether a folded literal stands in about every other event.</summary>
    public static bool IsCommon(ReadOnlySpan<byte> folded) => Common.AsSpan().IndexOf(folded) >= 0;

    private static bool IsFrequent(ReadOnlySpan<byte> folded) => Frequent.AsSpan().IndexOf(folded) >= 0;
}
