using Azure.Core;
using SigmaFunctions.Outputs.Delivering;

namespace SigmaFunctions.Outputs.Sentinel;

/// <summary>Another credential; that there is no token is a reason of its own, without what is said of it.</summary>
internal sealed class QuietCredential(TokenCredential credential) : TokenCredential
{
    private const string NoToken = "no token";

    /// <inheritdoc/>
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        try
        {
            return credential.GetToken(requestContext, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new DeliveryFailedException(NoToken, exception);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        try
        {
            return await credential.GetTokenAsync(requestContext, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new DeliveryFailedException(NoToken, exception);
        }
    }
}
