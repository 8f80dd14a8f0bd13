using System.Collections.Concurrent;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Framing;

namespace SigmaFunctions.Telemetry;

/// <summary>
/// Keeps matchers with their grown buffers between uses. Safe for concurrent use; there are as many as are in use at the same time.
/// </summary>
/// <param name="decoder">How bodies are read.</param>
/// <param name="limits">How much of what is found in a body is kept; <see cref="BodyLimits.Default"/> if null.</param>
public sealed class BodyMatcherPool(EventDecoder decoder, BodyLimits? limits = null)
{
    private readonly ConcurrentBag<BodyMatcher> _idle = [];
    // Of the largest bodies; the others' arrays are made for them.
    private readonly LargeBuffers _buffers = new(kept: 2);

    /// <summary>Takes a matcher for a detector out of the pool, or makes one. Those for another detector are dropped.</summary>
    public BodyMatcher Rent(Detector detector)
    {
        while (_idle.TryTake(out BodyMatcher? matcher))
        {
            if (ReferenceEquals(matcher.Detector, detector))
            {
                return matcher;
            }
        }

        return new BodyMatcher(decoder, detector, limits, _buffers);
    }

    /// <summary>
    /// Puts a matcher back, which lets go of the last body: what was found in it is no longer valid. One that has thrown is better left out,
    /// unless it was cancelled.
    /// </summary>
    public void Return(BodyMatcher matcher)
    {
        ArgumentNullException.ThrowIfNull(matcher);
        matcher.Forget();
        _idle.Add(matcher);
    }
}
