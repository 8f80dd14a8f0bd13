namespace SigmaFunctions.Engine.Diagnostics;

/// <summary>
/// The stable codes of diagnostics: SF00 files and documents, SF01 metadata, SF02 detections, SF03 conditions, SF04 filters, SF05
/// correlations, SF06 packs, SF07 mappings, SF08 tests of rules, SF1 doubts about rules that work.
/// docs/diagnostics.md explains each.
/// </summary>
internal sealed record DiagnosticCode(string Id, DiagnosticSeverity Severity)
{
    public static readonly DiagnosticCode InvalidYaml = Error("SF0001");
    public static readonly DiagnosticCode DuplicateKey = Error("SF0002");
    public static readonly DiagnosticCode TooLarge = Error("SF0003");
    public static readonly DiagnosticCode NotAMapping = Error("SF0004");
    public static readonly DiagnosticCode UnknownAction = Error("SF0005");
    public static readonly DiagnosticCode UnreadableFile = Error("SF0006");

    public static readonly DiagnosticCode ResetWithContent = Warning("SF0007");
    public static readonly DiagnosticCode NotText = Warning("SF0008");
    public static readonly DiagnosticCode LostCharacters = Warning("SF0009");

    public static readonly DiagnosticCode MissingTitle = Error("SF0101");
    public static readonly DiagnosticCode InvalidMetadata = Error("SF0102");
    public static readonly DiagnosticCode MissingLogSource = Error("SF0103");
    public static readonly DiagnosticCode DuplicateId = Error("SF0104");
    public static readonly DiagnosticCode MissingId = Warning("SF0105");
    public static readonly DiagnosticCode InvalidId = Warning("SF0106");
    public static readonly DiagnosticCode UnknownLevel = Warning("SF0107");
    public static readonly DiagnosticCode UnknownStatus = Warning("SF0108");
    public static readonly DiagnosticCode LogSourceCase = Warning("SF0109");
    public static readonly DiagnosticCode DuplicateName = Warning("SF0110");
    public static readonly DiagnosticCode OddMetadata = Warning("SF0111");

    public static readonly DiagnosticCode MissingDetection = Error("SF0201");
    public static readonly DiagnosticCode EmptyIdentifier = Error("SF0202");
    public static readonly DiagnosticCode InvalidValue = Error("SF0203");
    public static readonly DiagnosticCode UnknownModifier = Error("SF0204");
    public static readonly DiagnosticCode ModifierCombination = Error("SF0205");
    public static readonly DiagnosticCode InvalidRegex = Error("SF0206");
    public static readonly DiagnosticCode InvalidNetwork = Error("SF0207");
    public static readonly DiagnosticCode UndefinedPlaceholder = Error("SF0208");
    public static readonly DiagnosticCode TooManyValues = Error("SF0209");
    public static readonly DiagnosticCode AllOnOneValue = Warning("SF0210");
    public static readonly DiagnosticCode NullInList = Info("SF0211");
    public static readonly DiagnosticCode EmptyList = Warning("SF0212");
    public static readonly DiagnosticCode CostlyPattern = Error("SF0213");
    public static readonly DiagnosticCode NearlyTooCostly = Warning("SF0214");

    public static readonly DiagnosticCode MissingCondition = Error("SF0301");
    public static readonly DiagnosticCode ConditionSyntax = Error("SF0302");
    public static readonly DiagnosticCode UndefinedIdentifier = Error("SF0303");
    public static readonly DiagnosticCode OldAggregation = Error("SF0304");
    public static readonly DiagnosticCode UnusedIdentifier = Warning("SF0305");
    public static readonly DiagnosticCode TimeframeWithoutAggregation = Warning("SF0306");

    public static readonly DiagnosticCode InvalidFilter = Error("SF0401");
    public static readonly DiagnosticCode FilterWithoutRule = Warning("SF0402");
    public static readonly DiagnosticCode FilterWithoutNot = Warning("SF0403");

    public static readonly DiagnosticCode InvalidCorrelation = Error("SF0501");
    public static readonly DiagnosticCode UnresolvedReference = Error("SF0502");

    public static readonly DiagnosticCode DamagedPack = Warning("SF0601");
    public static readonly DiagnosticCode ForeignPack = Warning("SF0602");
    public static readonly DiagnosticCode StalePack = Warning("SF0603");
    public static readonly DiagnosticCode OtherPlaceholders = Warning("SF0604");

    public static readonly DiagnosticCode InvalidMapping = Error("SF0701");
    public static readonly DiagnosticCode UnknownMappingKey = Error("SF0702");
    public static readonly DiagnosticCode DuplicateMapping = Error("SF0703");
    public static readonly DiagnosticCode InvalidTest = Error("SF0801");

    public static readonly DiagnosticCode MisspelledWord = Warning("SF1001");
    public static readonly DiagnosticCode LongTitle = Warning("SF1002");
    public static readonly DiagnosticCode InvalidDate = Warning("SF1003");
    public static readonly DiagnosticCode ModifiedBeforeDate = Warning("SF1004");
    public static readonly DiagnosticCode DuplicateTag = Warning("SF1005");
    public static readonly DiagnosticCode UnknownTag = Warning("SF1006");
    public static readonly DiagnosticCode UnknownRelation = Warning("SF1007");
    public static readonly DiagnosticCode UnknownCategory = Warning("SF1008");
    public static readonly DiagnosticCode RetiredTag = Info("SF1020");
    public static readonly DiagnosticCode BlankInField = Warning("SF1101");
    public static readonly DiagnosticCode DuplicateValue = Warning("SF1102");
    public static readonly DiagnosticCode EscapedWildcard = Warning("SF1103");
    public static readonly DiagnosticCode RegexWithoutRe = Warning("SF1104");
    public static readonly DiagnosticCode MatchesEverything = Warning("SF1105");
    public static readonly DiagnosticCode OutOfRange = Warning("SF1106");
    public static readonly DiagnosticCode EscapeInPath = Warning("SF1107");
    public static readonly DiagnosticCode LiteralBraces = Warning("SF1108");
    public static readonly DiagnosticCode UnknownField = Warning("SF1109");
    public static readonly DiagnosticCode NameForPath = Warning("SF1110");
    public static readonly DiagnosticCode ValueOverLines = Warning("SF1111");
    public static readonly DiagnosticCode TypographicQuotes = Warning("SF1112");
    public static readonly DiagnosticCode KeywordLikeField = Warning("SF1113");
    public static readonly DiagnosticCode FilterNotNegated = Warning("SF1201");
    public static readonly DiagnosticCode NeverHolds = Warning("SF1301");
    public static readonly DiagnosticCode AlwaysHolds = Warning("SF1302");
    public static readonly DiagnosticCode UpperBound = Info("SF1303");
    public static readonly DiagnosticCode UnknownCorrelationField = Warning("SF1304");
    public static readonly DiagnosticCode DecidedLate = Warning("SF1305");
    public static readonly DiagnosticCode LongTimespan = Warning("SF1306");
    public static readonly DiagnosticCode NameElsewhere = Warning("SF1307");
    public static readonly DiagnosticCode LargeThreshold = Warning("SF1308");

    private static DiagnosticCode Error(string id) => new(id, DiagnosticSeverity.Error);

    private static DiagnosticCode Warning(string id) => new(id, DiagnosticSeverity.Warning);

    private static DiagnosticCode Info(string id) => new(id, DiagnosticSeverity.Info);
}
