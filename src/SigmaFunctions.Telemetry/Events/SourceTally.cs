using System.Numerics;
using System.Runtime.InteropServices;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Matching;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>
/// Counts the events of a body by where they come from. A source is made once and kept from body to body, so that counting allocates nothing after
/// that. Senders choose what they call their sources: how many are told apart in a body is bounded, and where that was too few, all are forgotten after it,
/// so that a flood of names takes no place from those that come later.
/// </summary>
internal sealed class SourceTally
{
    /// <summary>Most sources that are told apart in a body; those beyond are one.</summary>
    public const int MaxSources = 512;

    /// <summary>Most pairs of source and view that are counted in a body; views beyond are not.</summary>
    public const int MaxViews = 1_024;

    // What a text is cut after, and what of it two sources are told apart by.
    private const int MaxText = 128;

    // At most half full.
    private const int Buckets = 2 * MaxSources;

    private readonly short[] _buckets = new short[Buckets];
    private readonly List<Key> _keys = [];
    private readonly List<SourceEvents> _sources = [];

    // Those that were counted in this body; until its end also those that were taken back since.
    private readonly List<SourceEvents> _inBody = [];

    // Where fields of views that are not counted go.
    private int[] _ignored = [];
    private int _views;
    private int _mark = 1;
    private bool _wasTakenBack;
    private bool _isFull;
    private int _last;

    /// <summary>Makes a tally that knows no source.</summary>
    public SourceTally()
    {
        _keys.Add(default);
        _sources.Add(new SourceEvents(EventSource.Other));
    }

    /// <summary>What was counted in the body, in the order of the first events; valid until the next body begins.</summary>
    public IReadOnlyList<SourceEvents> End()
    {
        if (_wasTakenBack)
        {
            for (int index = _inBody.Count - 1; index >= 0; index--)
            {
                if (!_inBody[index].KeepCounted())
                {
                    _inBody[index].Clear();
                    _inBody.RemoveAt(index);
                }
            }
        }

        return _inBody;
    }

    /// <summary>Begins a body.</summary>
    public void Begin()
    {
        foreach (SourceEvents source in CollectionsMarshal.AsSpan(_inBody))
        {
            source.Clear();
        }

        _inBody.Clear();
        _wasTakenBack = false;
        if (_isFull)
        {
            Forget();
        }
    }

    /// <summary>The source of that name, which is made if it is new.</summary>
    /// <returns>Its number, from 0; that of <see cref="EventSource.Other"/> where there are too many.</returns>
    public int Find(string shape, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> provider, ReadOnlySpan<byte> tenant)
    {
        channel = Cut(channel);
        provider = Cut(provider);
        tenant = Cut(tenant);
        if (CollectionsMarshal.AsSpan(_keys)[_last].Is(shape, channel, provider, tenant))
        {
            return _last;
        }

        int bucket = (int)(Hash(shape.Length, channel, provider, tenant) % Buckets);
        for (; _buckets[bucket] != 0; bucket = (bucket + 1) % Buckets)
        {
            if (CollectionsMarshal.AsSpan(_keys)[_buckets[bucket]].Is(shape, channel, provider, tenant))
            {
                return _last = _buckets[bucket];
            }
        }

        if (_sources.Count == MaxSources)
        {
            _isFull = true;
            return 0;
        }

        _buckets[bucket] = (short)_sources.Count;
        _keys.Add(new Key(shape, channel.ToArray(), provider.ToArray(), tenant.ToArray()));
        _sources.Add(new SourceEvents(new EventSource(
            shape,
            RecordOutline.Printable(channel, MaxText),
            RecordOutline.Printable(provider, MaxText),
            RecordOutline.Printable(tenant, MaxText))));
        return _last = _sources.Count - 1;
    }

    /// <summary>Counts an event of a source.</summary>
    public void Add(int index) => Enter(index).Add(_mark);

    /// <summary>Counts what rules see of an event of a source.</summary>
    /// <returns>Where the fields are counted that it has.</returns>
    public Span<int> AddView(int index, RoutePlan plan, LogSourceSet logSources)
    {
        SourceEvents source = Enter(index);
        SourceView? view = plan.LatestView;
        if (view is null || !ReferenceEquals(view.Source, source))
        {
            view = source.FindView(plan.Route);
            if (view is null)
            {
                if (_views == MaxViews)
                {
                    _isFull = true;
                    return Ignored(plan.Route);
                }

                _views++;
                view = new SourceView(source, plan.Route, logSources);
                source.AddView(view);
            }

            plan.LatestView = view;
        }

        return source.Count(view, _mark);
    }

    /// <summary>Remembers what was counted so far, in place of what was remembered before.</summary>
    public void Mark() => _mark = _mark == int.MaxValue ? 1 : _mark + 1;

    /// <summary>Takes back what was counted since the mark.</summary>
    public void ReturnToMark()
    {
        foreach (SourceEvents source in CollectionsMarshal.AsSpan(_inBody))
        {
            source.ReturnTo(_mark);
        }

        _wasTakenBack = true;
        Mark();
    }

    private void Forget()
    {
        Array.Clear(_buckets);
        _keys.RemoveRange(1, _keys.Count - 1);
        _sources.RemoveRange(1, _sources.Count - 1);
        _sources[0] = new SourceEvents(EventSource.Other);
        _views = 0;
        _last = 0;
        _isFull = false;
    }

    private Span<int> Ignored(Route route)
    {
        if (_ignored.Length < route.Fields.Length)
        {
            _ignored = new int[route.Fields.Length];
        }

        return _ignored.AsSpan(0, route.Fields.Length);
    }

    private SourceEvents Enter(int index)
    {
        SourceEvents source = _sources[index];
        if (!source.IsInBody)
        {
            source.IsInBody = true;
            _inBody.Add(source);
        }

        return source;
    }

    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text) => text.Length <= MaxText ? text : text[..MaxText];

    private static uint Hash(int seed, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> provider, ReadOnlySpan<byte> tenant)
    {
        ulong hash = Hash(Hash(Hash((uint)seed, channel), provider), tenant);
        return (uint)(hash >> 32);
    }

    // Of a few bytes: many sources that a sender makes alike cost as many comparisons, and there are no more than a few hundred.
    private static ulong Hash(ulong hash, ReadOnlySpan<byte> text)
    {
        ulong bytes = (uint)text.Length;
        if (text.Length >= sizeof(ulong))
        {
            bytes ^= MemoryMarshal.Read<ulong>(text[^sizeof(ulong)..]) ^ BitOperations.RotateLeft(MemoryMarshal.Read<ulong>(text[((text.Length - sizeof(ulong)) / 2)..]), 17);
        }
        else
        {
            foreach (byte one in text)
            {
                bytes = (bytes << 8) ^ one;
            }
        }

        return (hash ^ bytes ^ (bytes >> 29)) * 0x9E3779B97F4A7C15;
    }

    private readonly record struct Key(string? Shape, byte[] Channel, byte[] Provider, byte[] Tenant)
    {
        public bool Is(string shape, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> provider, ReadOnlySpan<byte> tenant) =>
            ReferenceEquals(Shape, shape) && channel.SequenceEqual(Channel) && provider.SequenceEqual(Provider) && tenant.SequenceEqual(Tenant);
    }
}
