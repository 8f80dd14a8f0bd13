metadata description = 'The function app on a Flex Consumption plan of its own.'

import { settings, webhook } from 'outputs.bicep'

param location string

@description('Suffix that makes names unique: 13 lower-case letters and digits.')
@minLength(13)
@maxLength(13)
param resourceToken string

param tags object

@description('Resource id of the app\'s identity.')
param identityId string

@description('Client id of the app\'s identity.')
param identityClientId string

@description('Resource id of the identity by which the platform keeps and fetches the app\'s package.')
param publisherIdentityId string

@description('Names the resource to send telemetry to; it grants nothing, since the resource takes Entra tokens only.')
param applicationInsightsConnectionString string

@description('The storage account of the Functions host.')
param hostStorageAccountName string

param tableServiceUri string
param queueServiceUri string
param blobServiceUri string

@description('Address of the table service of what correlations keep; empty for that of detections.')
param correlationTableServiceUri string

param deploymentContainerUri string
param eventHubNamespace string

@description('Names of the hubs, one or several.')
param eventHubNames string[]

param eventHubConsumerGroup string

@description('Time from which on events are read of partitions without a checkpoint; empty for all.')
param eventHubStart string

param instanceMemoryMB int
param maximumInstanceCount int

@description('Address of the rule catalogue; empty for none.')
param catalogAddress string

@description('Days for which detections are kept; 0: for ever.')
param detectionRetentionDays int

@description('Days for which verdicts are kept; 0: for ever.')
param verdictRetentionDays int

@description('Whether the app sends an event to each of its hubs every five minutes.')
param sendsCanary bool

@description('Blob container of the rules that are pushed to the app.')
param ruleContainerName string

@description('Webhooks that alerts are sent to.')
param webhooks webhook[]

@description('Other outputs, with the settings of each by their names.')
param otherOutputs object[]

@description('Resource id of the subnet that the app reaches the others from; empty for none.')
param subnetId string

@description('Resource id of the workspace that takes logs and metrics.')
param workspaceId string

var ownSettings = {
  AzureWebJobsStorage__accountName: hostStorageAccountName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  EventHubConnection__fullyQualifiedNamespace: eventHubNamespace
  EventHubConnection__credential: 'managedidentity'
  EventHubConnection__clientId: identityClientId
  EventHubName: join(eventHubNames, ';')
  EventHubConsumerGroup: eventHubConsumerGroup
  AzureFunctionsJobHost__extensions__eventHubs__initialOffsetOptions__type: empty(eventHubStart)
    ? 'fromStart'
    : 'fromEnqueuedTime'
  AzureFunctionsJobHost__extensions__eventHubs__initialOffsetOptions__enqueuedTimeUtc: eventHubStart
  DetectionStorage__tableServiceUri: tableServiceUri
  DetectionStorage__queueServiceUri: queueServiceUri
  DetectionStorage__blobServiceUri: blobServiceUri
  DetectionStorage__credential: 'managedidentity'
  DetectionStorage__clientId: identityClientId
  Detections__CatalogAddress: catalogAddress
  Detections__RetentionDays: string(detectionRetentionDays)
  Detections__VerdictRetentionDays: string(verdictRetentionDays)
  Correlation__Storage: correlationTableServiceUri
  Canary__Enabled: string(sendsCanary)
  Rules__BlobContainer: ruleContainerName
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  AZURE_CLIENT_ID: identityClientId
}

var outputSettings = map(
  concat(map(webhooks, webhook => { type: 'Webhook', ...webhook }), otherOutputs),
  output => settings(output)
)

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${resourceToken}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: 'func-${resourceToken}'
  location: location
  tags: union(tags, { 'azd-service-name': 'detector' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
      '${publisherIdentityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    // Settings that lie in Key Vault are fetched by this one; without it the platform would ask for an identity that the app does not have.
    keyVaultReferenceIdentity: identityId
    httpsOnly: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUri
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: publisherIdentityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
      }
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
    }
    siteConfig: {
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: reduce(outputSettings, ownSettings, (all, each) => union(all, each))
  }

  // Publishing by user name and password would be one more shared secret.
  resource scmCredentials 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
  }

  resource ftpCredentials 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }
}

// Beside what the app itself sends, this has what the host says before and after it runs.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: app
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'FunctionAppLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

output name string = app.name
