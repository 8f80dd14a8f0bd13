#pragma warning disable
#nullable enable
using SigmaFunctions.Outputs.Model;
namespace SigmaFunctions.Outputs.Privacy { public static class AlertPrivacy { public static Notification Apply(Notification n, OutputOptions o) => n; } }
namespace SigmaFunctions.Outputs.Formats { public static class NotificationBody { public static byte[] Write(OutputFormat f, Notification n) => f == OutputFormat.Table ? System.Text.Encoding.UTF8.GetBytes("{\"DetectionId\":\""+n.Id+"\"}") : n.Alert.ToJson(); } }
