using Azure.Core;
using Azure.Identity;

namespace SigmaFunctions.App.Options;

/// <summary>Credentials as the settings of an identity-based connection of Functions name them.</summary>
internal static class IdentityCredential
{
    /// <summary>Value of <c>__credential</c> for a managed identity.</summary>
    public const string ManagedIdentity = "managedidentity";

    /// <summary>Makes it.</summary>
    /// <param name="credential"><see cref="ManagedIdentity"/>, or null for the default chain of Azure credentials.</param>
    /// <param name="clientId">Client id of a user-assigned identity; null for the system-assigned one.</param>
    public static TokenCredential Create(string? credential, string? clientId) => credential is null
        ? new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = clientId })
        : new ManagedIdentityCredential(
            clientId is null ? ManagedIdentityId.SystemAssigned : ManagedIdentityId.FromUserAssignedClientId(clientId));
}
