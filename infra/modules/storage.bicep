metadata description = 'The storage account: detections, alerts, dead letters, the app\'s package, and the host\'s leases and checkpoints.'

param location string

@description('Suffix that makes names unique: 13 lower-case letters and digits.')
@minLength(13)
@maxLength(13)
param resourceToken string

param tags object

@description('Object id of the identity that reads and writes.')
param principalId string

param sku string

@description('Days for which dead letters are kept.')
param deadLetterRetentionDays int

@description('Days for which originals are kept that are too large for the table.')
param originalRetentionDays int

// The host keeps leases and checkpoints in containers that it makes by itself, the platform fetches the package, and the app writes
// dead letters and originals.
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

output name string = account.name
output tableServiceUri string = account.properties.primaryEndpoints.table
output queueServiceUri string = account.properties.primaryEndpoints.queue
output blobServiceUri string = account.properties.primaryEndpoints.blob
output deploymentContainerUri string = '${account.properties.primaryEndpoints.blob}${account::blobs::package.name}'
