metadata description = 'The storage account: detections, alerts, dead letters, the app\'s package, and the host\'s leases and checkpoints.'

param location string

@description('Suffix that makes names unique: 13 lower-case letters and digits.')
@minLength(13)
@maxLength(13)
param resourceToken string

param tags object

@description('Object id of the identity that reads and writes.')
param principalId string

@description('Object id of who deploys, to push rules; empty for nobody.')
param rulePublisherId string

@allowed(['Group', 'ServicePrincipal', 'User'])
param rulePublisherType string

@description('Whether the account is reached by private endpoints alone.')
param isPrivate bool

@description('Resource id of the workspace that takes logs and metrics.')
param workspaceId string

param sku string

@description('Days for which dead letters are kept.')
param deadLetterRetentionDays int

@description('Days for which originals are kept that are too large for the table.')
param originalRetentionDays int

// The host keeps leases and checkpoints in containers that it makes by itself, the platform fetches the package, and the app writes
// dead letters and originals and reads rules.
var storageBlobDataOwner = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
)
// On the whole account: besides the detections, the host records its diagnostic events in a table of its own.
var storageTableDataContributor = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
)
// Adding alerts is all that the app may do on the queue; reading them is its consumers' business.
var storageQueueDataMessageSender = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
)
// For who pushes rules: on what holds rules, and nothing else.
var storageBlobDataContributor = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
)

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'st${resourceToken}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource package 'containers' = {
      name: 'app-package'
      properties: {
        publicAccess: 'None'
      }
    }

    resource deadLetters 'containers' = {
      name: 'dead-letters'
      properties: {
        publicAccess: 'None'
      }
    }

    resource originals 'containers' = {
      name: 'originals'
      properties: {
        publicAccess: 'None'
      }
    }

    resource rules 'containers' = {
      name: 'rules'
      properties: {
        publicAccess: 'None'
      }
    }
  }

  resource retention 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'dead-letters'
            type: 'Lifecycle'
            definition: {
              filters: {
                blobTypes: ['blockBlob']
                prefixMatch: ['${blobs::deadLetters.name}/']
              }
              actions: {
                baseBlob: {
                  delete: {
                    daysAfterModificationGreaterThan: deadLetterRetentionDays
                  }
                }
              }
            }
          }
          {
            name: 'originals'
            type: 'Lifecycle'
            definition: {
              filters: {
                blobTypes: ['blockBlob']
                prefixMatch: ['${blobs::originals.name}/']
              }
              actions: {
                baseBlob: {
                  delete: {
                    daysAfterModificationGreaterThan: originalRetentionDays
                  }
                }
              }
            }
          }
        ]
      }
    }
  }

  resource tables 'tableServices' = {
    name: 'default'

    resource detections 'tables' = {
      name: 'Detections'
    }

    resource outbox 'tables' = {
      name: 'DetectionsOutbox'
    }

    resource windows 'tables' = {
      name: 'DetectionsWindows'
    }

    resource instances 'tables' = {
      name: 'DetectionsInstances'
    }

    resource ruleSets 'tables' = {
      name: 'RuleSets'
    }
  }

  resource queues 'queueServices' = {
    name: 'default'

    resource alerts 'queues' = {
      name: 'alerts'
    }
  }
}

resource ownBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, storageBlobDataOwner)
  scope: account
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: storageBlobDataOwner
  }
}

resource writeTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, storageTableDataContributor)
  scope: account
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: storageTableDataContributor
  }
}

resource sendAlerts 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::queues::alerts.id, principalId, storageQueueDataMessageSender)
  scope: account::queues::alerts
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: storageQueueDataMessageSender
  }
}

resource pushRules 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(rulePublisherId)) {
  name: guid(account::blobs::rules.id, rulePublisherId, storageBlobDataContributor)
  scope: account::blobs::rules
  properties: {
    principalId: rulePublisherId
    principalType: rulePublisherType
    roleDefinitionId: storageBlobDataContributor
  }
}

resource recordRuleSets 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(rulePublisherId)) {
  name: guid(account::tables::ruleSets.id, rulePublisherId, storageTableDataContributor)
  scope: account::tables::ruleSets
  properties: {
    principalId: rulePublisherId
    principalType: rulePublisherType
    roleDefinitionId: storageTableDataContributor
  }
}

// Not what is written: a log of every row and checkpoint would be larger than the store itself.
resource blobDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: account::blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

resource tableDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: account::tables
  properties: {
    workspaceId: workspaceId
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

resource queueDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: account::queues
  properties: {
    workspaceId: workspaceId
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

output id string = account.id
output ruleContainerName string = account::blobs::rules.name
output name string = account.name
output tableServiceUri string = account.properties.primaryEndpoints.table
output queueServiceUri string = account.properties.primaryEndpoints.queue
output blobServiceUri string = account.properties.primaryEndpoints.blob
output deploymentContainerUri string = '${account.properties.primaryEndpoints.blob}${account::blobs::package.name}'
