using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Detecting;

/// <summary>Detections that are recorded together: those of many messages, or a part of those of one.</summary>
internal sealed class DetectionSlice
{
    /// <summary>Most detections of a slice: two transactions of the table.</summary>
    public const int MaxDetections = 200;

    /// <summary>Text, in UTF-16 units, from which on a slice is full: as rows in a request it takes a few times as many bytes.</summary>
    public const int MaxText = 2 * 1024 * 1024;

    // From which on a slice does not wait for the detections of further messages.
    private const int LargeText = 128 * 1024;

    // What a row has beside its original and fields.
    private const int TextOfRow = 1_024;

    private List<Detection> _detections = [];
    private int _text;

    /// <summary>Number of detections.</summary>
    public int Count => _detections.Count;

    /// <summary>Whether it has to be recorded before more is added.</summary>
    public bool IsFull => _detections.Count >= MaxDetections || _text >= MaxText;

    /// <summary>Whether it should be recorded at the end of a message.</summary>
    public bool IsLarge => _text >= LargeText;

    /// <summary>Adds a detection.</summary>
    public void Add(Detection detection)
    {
        _detections.Add(detection);
        _text += TextOfRow + detection.Original.Length + detection.Fields.Sum(field => field.Value.Length) + (detection.Facts?.Length ?? 0);
    }

    /// <summary>Takes the detections out.</summary>
    public IReadOnlyCollection<Detection> Take()
    {
        List<Detection> taken = _detections;
        _detections = [];
        _text = 0;
        return taken;
    }
}
