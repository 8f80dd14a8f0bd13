using Azure.Core;

namespace SigmaFunctions.App.Starting;

/// <summary>Tells the watch over the start of each token that is waited for.</summary>
/// <param name="credential">Where tokens come from.</param>
/// <param name="watch">The watch.</param>
/// <param name="section">Prefix of the settings that name the identity.</param>
internal sealed class StartWatchCredential(TokenCredential credential, StartWatch watch, string section) : TokenCredential
{
    /// <inheritdoc/>
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        using (Expect())
        {
            return credential.GetToken(requestContext, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        using (Expect())
        {
            return await credential.GetTokenAsync(requestContext, cancellationToken);
        }
    }

    private IDisposable? Expect() => watch.Expect($"The identity endpoint has given no token for {section} ({section}__credential, {section}__clientId)");
}
