using System.Text;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Engine.Matching;

/// <summary>Writes a view of an event that is at hand as objects to a matcher.</summary>
internal static class EventWriter
{
    public static void Write(EventMatcher matcher, Route route, SigmaEvent sigmaEvent, EventView view)
    {
        if (route.IsEmpty)
        {
            return;
        }

        matcher.BeginView(route);
        for (int slot = 0; slot < route.Fields.Length; slot++)
        {
            if (EventFields.Find(view.Fields, route.Fields[slot]) is not { } value)
            {
                continue;
            }

            matcher.Set(slot);
            Add(matcher, slot, value, intoObjects: false);
        }

        if (route.OwnValuesSlot >= 0)
        {
            matcher.Set(route.OwnValuesSlot);
            foreach (FieldValue value in sigmaEvent.OwnValues)
            {
                Add(matcher, route.OwnValuesSlot, value, intoObjects: true);
            }
        }

        matcher.EndView();
    }

    private static void Add(EventMatcher matcher, int slot, FieldValue value, bool intoObjects)
    {
        if (value.Kind == FieldValueKind.Array || (value.Kind == FieldValueKind.Object && intoObjects))
        {
            foreach (FieldValue item in value.Items)
            {
                Add(matcher, slot, item, intoObjects);
            }

            foreach ((string _, FieldValue? property) in value.Properties)
            {
                Add(matcher, slot, property, intoObjects);
            }

            return;
        }

        // A surrogate without its partner becomes U+FFFD, as decoders make it.
        Span<byte> room = matcher.Reserve(Encoding.UTF8.GetMaxByteCount(value.Text.Length));
        matcher.Add(slot, value.Kind, Encoding.UTF8.GetBytes(value.Text, room));
    }
}
