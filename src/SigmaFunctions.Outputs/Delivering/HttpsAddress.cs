using System.Diagnostics.CodeAnalysis;

namespace SigmaFunctions.Outputs.Delivering;

/// <summary>What may be sent to at all.</summary>
internal static class HttpsAddress
{
    /// <summary>The address, if it is an https one.</summary>
    /// <exception cref="ArgumentException">It is not. The message does not have the address, which may be a secret.</exception>
    public static Uri Require([NotNull] Uri? address, string name) => address is { IsAbsoluteUri: true } && address.Scheme == Uri.UriSchemeHttps
        ? address
        : throw new ArgumentException("It has to be an https address.", name);
}
