using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Outputs.Formats;

/// <summary>A Detection Finding of OCSF (class 2004, activity Create). What OCSF has no place for is in <c>unmapped</c>, as on the queue.</summary>
internal static class OcsfFinding
{
    private const string SchemaVersion = "1.6.0";
    private const int Category = 2;
    private const int Class = 2004;
    private const int Create = 1;
    private const string AttackVersion = "19.2";
    private const int MaxText = 1_024;

    public static byte[] Write(Notification notification)
    {
        // Cut as on the queue.
        byte[] json = notification.Alert.ToJson();
        var alert = Alert.Parse(json);
        var finding = new JsonObject
        {
            ["category_uid"] = Category,
            ["category_name"] = "Findings",
            ["class_uid"] = Class,
            ["class_name"] = "Detection Finding",
            ["activity_id"] = Create,
            ["activity_name"] = "Create",
            ["type_uid"] = (Class * 100) + Create,
            ["time"] = TimeOf(notification, alert).ToUnixTimeMilliseconds(),
            ["severity_id"] = SeverityOf(alert.Rule.Level),
            ["status_id"] = 1,
            ["status"] = "New",
            ["is_alert"] = true,
            ["message"] = Card.Of(notification).Summary,
            ["metadata"] = MetadataOf(notification, alert),
            ["finding_info"] = InfoOf(notification, alert),
        };
        if (alert.Rule.Level is { } level)
        {
            finding["severity"] = level;
        }

        if (notification.Burst is { } burst)
        {
            finding["count"] = burst.Count;
            finding["start_time"] = burst.From.ToUnixTimeMilliseconds();
            finding["end_time"] = burst.Until.ToUnixTimeMilliseconds();
        }
        else
        {
            AddEvidence(finding, alert);
        }

        finding["unmapped"] = UnmappedOf(notification, alert, JsonNode.Parse(json)!);
        return JsonSerializer.SerializeToUtf8Bytes(finding);
    }

    private static DateTimeOffset TimeOf(Notification notification, Alert alert) =>
        notification.Burst?.Until ?? alert.EventTime ?? AlertNames.EnqueuedTime(alert) ?? DateTimeOffset.UnixEpoch;

    private static int SeverityOf(string? level) => RuleLevels.Parse(level) switch
    {
        { } known => (int)known + 1,
        null => level is null ? 0 : 99,
    };

    private static JsonObject MetadataOf(Notification notification, Alert alert)
    {
        var metadata = new JsonObject
        {
            ["version"] = SchemaVersion,
            ["uid"] = notification.Id,
            ["product"] = new JsonObject
            {
                ["name"] = "SigmaFunctions",
                ["vendor_name"] = "SigmaFunctions",
                ["version"] = typeof(OcsfFinding).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0],
            },
        };
        if (alert.TenantId is { } tenant)
        {
            metadata["tenant_uid"] = tenant;
        }

        return metadata;
    }

    private static JsonObject InfoOf(Notification notification, Alert alert)
    {
        var info = new JsonObject
        {
            ["uid"] = notification.Id,
            ["title"] = alert.Rule.Title,
            ["analytic"] = new JsonObject { ["type_id"] = 1, ["type"] = "Rule", ["uid"] = alert.Rule.Id, ["name"] = alert.Rule.Title },
        };
        if (AlertNames.EnqueuedTime(alert) is { } created)
        {
            info["created_time"] = created.ToUnixTimeMilliseconds();
        }

        if (AlertNames.Page(alert) is { } page)
        {
            info["src_url"] = page;
        }

        if (!alert.Rule.Techniques.IsDefaultOrEmpty)
        {
            info["attacks"] = new JsonArray([.. alert.Rule.Techniques.Select(AttackOf)]);
        }

        if (alert.Correlation is { } correlation)
        {
            info["first_seen_time"] = correlation.First.ToUnixTimeMilliseconds();
            info["last_seen_time"] = correlation.Last.ToUnixTimeMilliseconds();
            info["related_events_count"] = correlation.EventCount;
        }

        return info;
    }

    private static JsonObject AttackOf(AlertTechnique technique)
    {
        int dot = technique.Id.IndexOf('.', StringComparison.Ordinal);
        int colon = technique.Name.IndexOf(": ", StringComparison.Ordinal);
        var attack = new JsonObject
        {
            ["version"] = AttackVersion,
            ["technique"] = new JsonObject { ["uid"] = dot < 0 ? technique.Id : technique.Id[..dot], ["name"] = dot < 0 || colon < 0 ? technique.Name : technique.Name[..colon] },
        };
        if (dot >= 0)
        {
            attack["sub_technique"] = new JsonObject { ["uid"] = technique.Id, ["name"] = colon < 0 ? technique.Name : technique.Name[(colon + 2)..] };
        }

        return attack;
    }

    private static void AddEvidence(JsonObject finding, Alert alert)
    {
        var evidence = new JsonObject();
        var observables = new JsonArray();
        if (alert.Host is { } host)
        {
            evidence["device"] = new JsonObject { ["type_id"] = 0, ["hostname"] = host };
            finding["device"] = new JsonObject { ["type_id"] = 0, ["hostname"] = host };
            observables.Add(Observable("device.hostname", 1, host));
        }

        if (alert.User is { } user)
        {
            (string name, string? domain) = AlertNames.Account(user);
            var account = new JsonObject { ["name"] = name };
            if (domain is not null)
            {
                account["domain"] = domain;
            }

            evidence["user"] = account;
            observables.Add(Observable("evidences[0].user.name", 4, name));
        }

        AddProcess(evidence, alert);
        foreach (NetworkAddress address in alert.Addresses.IsDefault ? [] : alert.Addresses)
        {
            string role = address.Role == AddressRole.Source ? "src_endpoint" : "dst_endpoint";
            var endpoint = new JsonObject { ["ip"] = address.Ip };
            if (address.Port is { } port)
            {
                endpoint["port"] = port;
            }

            evidence[role] = endpoint;
            observables.Add(Observable($"evidences[0].{role}.ip", 2, address.Ip));
        }

        if (!alert.Fields.IsDefaultOrEmpty)
        {
            var data = new JsonObject();
            foreach (AlertField field in alert.Fields)
            {
                data[field.Field] = field.Value;
            }

            evidence["data"] = data;
        }

        if (evidence.Count > 0)
        {
            finding["evidences"] = new JsonArray(evidence);
        }

        if (observables.Count > 0)
        {
            finding["observables"] = observables;
        }
    }

    // A process without a number is none to OCSF; then its program and command line are told.
    private static void AddProcess(JsonObject evidence, Alert alert)
    {
        JsonObject? file = FileOf(alert.Process?.Image, alert.Hashes);
        if (ProcessOf(alert.Process, file) is { } process)
        {
            if (ProcessOf(alert.Parent, FileOf(alert.Parent?.Image, null)) is { } parent)
            {
                process["parent_process"] = parent;
            }

            evidence["process"] = process;
        }
        else if (file is not null)
        {
            evidence["file"] = file;
        }
    }

    private static JsonObject? ProcessOf(ProcessFacts? facts, JsonObject? file)
    {
        if (facts?.Id is not { } id)
        {
            return null;
        }

        var process = new JsonObject();
        if (int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            || (id.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && int.TryParse(id.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out number)))
        {
            process["pid"] = number;
        }
        else
        {
            process["uid"] = id;
        }

        if (facts.Image is { Length: > 0 } image)
        {
            process["name"] = AlertNames.File(image);
        }

        if (facts.CommandLine is { } command)
        {
            process["cmd_line"] = command;
        }

        if (file is not null)
        {
            process["file"] = file;
        }

        return process;
    }

    private static JsonObject? FileOf(string? image, FileHashes? hashes)
    {
        if (image is not { Length: > 0 })
        {
            return null;
        }

        var file = new JsonObject { ["type_id"] = 1, ["name"] = AlertNames.File(image), ["path"] = image };
        (int Algorithm, string? Value)[] all = [(1, hashes?.Md5), (2, hashes?.Sha1), (3, hashes?.Sha256)];
        JsonArray prints = [.. all.Where(one => one.Value is not null).Select(one => new JsonObject { ["algorithm_id"] = one.Algorithm, ["value"] = one.Value })];
        if (prints.Count > 0)
        {
            file["hashes"] = prints;
        }

        return file;
    }

    private static JsonObject Observable(string name, int type, string value) => new() { ["name"] = name, ["type_id"] = type, ["value"] = value };

    // What has no place, under its name on the queue.
    private static JsonObject UnmappedOf(Notification notification, Alert alert, JsonNode written)
    {
        var unmapped = new JsonObject();
        ImmutableArray<string> names = ["kind", "heldBack", "omitted", "mutedUntil", "mutedOn", "correlation", "detection"];
        foreach (string name in names)
        {
            if (written[name] is { } value)
            {
                unmapped[name] = value.DeepClone();
            }
        }

        unmapped["tags"] = new JsonArray([.. alert.Rule.Tags.Select(tag => JsonValue.Create(tag))]);
        if (alert.Rule.Author is { } author)
        {
            unmapped["author"] = author;
        }

        if (notification.Burst is { Hosts: { IsEmpty: false } hosts } burst)
        {
            unmapped["hostCount"] = burst.HostCount;
            unmapped["hosts"] = new JsonArray([.. hosts.Select(host => JsonValue.Create(BoundedText.Cut(host, MaxText)))]);
        }

        return unmapped;
    }
}
