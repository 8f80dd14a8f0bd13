using '../main.bicep'

// Alerts to a channel of Teams, to Slack, to a webhook of one's own that checks signatures, and to Microsoft Sentinel. The vault, its secrets and the
// workspace with Sentinel on it are there already (infra/README.md, "Outputs").
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'sigma-outputs')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param principalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')

var vaultId = readEnvironmentVariable(
  'SIGMA_KEY_VAULT_ID',
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/soc/providers/Microsoft.KeyVault/vaults/kv-sigma-outputs'
)
var secrets = 'https://${last(split(vaultId, '/'))}.vault.azure.net/secrets'

param outputKeyVaultId = vaultId
param webhooks = [
  {
    name: 'teams'
    urlSecretUri: '${secrets}/teams-url'
    format: 'Teams'
    minimumLevel: 'High'
    suppressFor: '01:00:00'
  }
  {
    name: 'slack'
    urlSecretUri: '${secrets}/slack-url'
    format: 'Slack'
    minimumLevel: 'Critical'
    tags: ['attack.credential-access', 'attack.lateral-movement']
    products: ['windows']
    parts: ['Host', 'Hashes']
    masksSecrets: true
  }
  {
    name: 'soar'
    urlSecretUri: '${secrets}/soar-url'
    signingKeySecretUri: '${secrets}/soar-key'
    format: 'Ocsf'
    allowsPrivateAddresses: true
    burstAfter: 0
    maximumPerMinute: 600
  }
]
param sentinelWorkspaceId = readEnvironmentVariable(
  'SIGMA_SENTINEL_WORKSPACE_ID',
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/soc/providers/Microsoft.OperationalInsights/workspaces/sentinel'
)
param sentinelOptions = {
  minimumLevel: 'Low'
}
