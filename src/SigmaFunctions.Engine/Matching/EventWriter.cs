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

        ViewWriter writer = matcher.BeginView(route);
        for (int i = 0; i < route.Fields.Length; i++)
        {
            if (EventFields.Find(view.Fields, route.Fields[i]) is not { } value)
            {
                continue;
            }

            var slot = new Slot(i);
            writer.Set(slot);
            Add(writer, slot, value, intoObjects: false);
        }

        if (!route.OwnValuesSlot.IsNone)
        {
            writer.Set(route.OwnValuesSlot);
            foreach (FieldValue value in sigmaEvent.OwnValues)
            {
                Add(writer, route.OwnValuesSlot, value, intoObjects: true);
            }
        }

        writer.End();
    }

    private static void Add(ViewWriter writer, Slot slot, FieldValue value, bool intoObjects)
    {
        if (value.Kind == FieldValueKind.Array || (value.Kind == FieldValueKind.Object && intoObjects))
        {
            foreach (FieldValue item in value.Items)
            {
                Add(writer, slot, item, intoObjects);
            }

            foreach ((string _, FieldValue? property) in value.Properties)
            {
                Add(writer, slot, property, intoObjects);
            }

            return;
        }

        // A surrogate without its partner becomes U+FFFD, as decoders make it.
        writer.Add(slot, value.Kind, value.Text);
    }
}
