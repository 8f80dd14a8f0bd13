metadata description = 'The storage account of what decides on detection and what comes of it: rules, the app\'s package, detections, alerts, dead letters.'

param location string

@description('Suffix that makes names unique: 13 lower-case letters and digits.')
@minLength(13)
@maxLength(13)
param resourceToken string

param tags object

@description('Object id of the identity under which the app reads and writes.')
param principalId string

@description('Object id of the identity by which the platform keeps and fetches the app\'s package.')
param publisherPrincipalId string

@description('Object id of who deploys, to push rules; empty for nobody.')
param rulePublisherId string

@allowed(['Group', 'ServicePrincipal', 'User'])
param rulePublisherType string

@description('Object ids of others who may push rules.')
param rulePusherIds string[]

@description('Object ids of who takes alerts off the queue.')
param alertConsumerIds string[]

@description('Object ids of who runs the sample consumer or one like it.')
param sampleConsumerIds string[]

@description('Object ids of who reads detections and their originals.')
param analystIds string[]

@description('Names of the outputs that alerts are sent to, each by a queue of its own.')
param outputNames string[]

@description('Whether the account is reached by private endpoints alone.')
param isPrivate bool

@description('Resource id of the workspace that takes logs and metrics.')
param workspaceId string

param sku string

@description('Days until dead letters are gone, with what is kept of them for recovery.')
param deadLetterRetentionDays int

@description('Days until originals are gone that are too large for the table, with what is kept of them for recovery.')
param originalRetentionDays int

@description('Days for which a blob or container that was deleted can be recovered.')
param recoveryDays int

@description('Days for which former versions of rules and of the package are kept.')
param ruleHistoryDays int

@description('Whether each write and delete in tables and queues is logged, too.')
param logsTablesAndQueues bool

// For the app where rules are, and for who reads originals.
var storageBlobDataReader = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
)
// It does not extend to former versions: who holds it cannot remove what was there before.
var storageBlobDataContributor = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
)
// For the app on the whole account, of which it uses nearly every table: a transaction is asked of the account, not of a table.
var storageTableDataContributor = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
)
var storageTableDataReader = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '76199698-9eea-4c19-bc75-cec21354c6b6'
)
// Adding alerts is all that the app may do on the queue `alerts`; reading them is its consumers' business. Likewise where it puts aside what an output
// does not take.
var storageQueueDataMessageSender = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
)
// For the app where it puts aside what an output does not take: to see that the queue is there, and how much is on it.
var storageQueueDataReader = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '19e7f393-937e-4f77-808e-94535e297925'
)
var storageQueueDataMessageProcessor = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '8a0f0c08-91a1-4084-bc3d-661d67233fed'
)
// The only built-in role with which a message can be kept hidden for longer. The trigger of a queue does so while a function runs, and so lets go of a
// message when it fails; with Reader and Message Processor, the least that the documentation names, a message that failed would wait for ten minutes.
var storageQueueDataContributor = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
)

// Lifecycle rules run once a day, over blobs and over their former versions; what they delete can be recovered for as long as anything else.
var lifecycleDays = 4
var otherRulePusherIds = filter(rulePusherIds, id => id != rulePublisherId)
var detectionReaderIds = union(analystIds, sampleConsumerIds)

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
    properties: {
      isVersioningEnabled: true
      deleteRetentionPolicy: {
        enabled: true
        days: recoveryDays
      }
      containerDeleteRetentionPolicy: {
        enabled: true
        days: recoveryDays
      }
    }

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

    resource compiledRules 'containers' = {
      name: 'compiled-rules'
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
                    daysAfterModificationGreaterThan: deadLetterRetentionDays - recoveryDays - lifecycleDays
                  }
                }
                version: {
                  delete: {
                    daysAfterCreationGreaterThan: 0
                  }
                }
                snapshot: {
                  delete: {
                    daysAfterCreationGreaterThan: 0
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
                    daysAfterModificationGreaterThan: originalRetentionDays - recoveryDays - lifecycleDays
                  }
                }
                version: {
                  delete: {
                    daysAfterCreationGreaterThan: 0
                  }
                }
                snapshot: {
                  delete: {
                    daysAfterCreationGreaterThan: 0
                  }
                }
              }
            }
          }
          // Made anew of the rules where it is missing. Versions before kept it beside the rules, where the app may no longer remove it.
          {
            name: 'compiled-rules'
            type: 'Lifecycle'
            definition: {
              filters: {
                blobTypes: ['blockBlob']
                prefixMatch: ['${blobs::compiledRules.name}/', '${blobs::rules.name}/packs/']
              }
              actions: {
                baseBlob: {
                  delete: {
                    daysAfterModificationGreaterThan: 30
                  }
                }
                version: {
                  delete: {
                    daysAfterCreationGreaterThan: 0
                  }
                }
                snapshot: {
                  delete: {
                    daysAfterCreationGreaterThan: 0
                  }
                }
              }
            }
          }
          {
            name: 'history'
            type: 'Lifecycle'
            definition: {
              filters: {
                blobTypes: ['blockBlob']
                prefixMatch: ['${blobs::rules.name}/', '${blobs::package.name}/']
              }
              actions: {
                version: {
                  delete: {
                    daysAfterCreationGreaterThan: ruleHistoryDays
                  }
                }
                snapshot: {
                  delete: {
                    daysAfterCreationGreaterThan: ruleHistoryDays
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

    resource correlations 'tables' = {
      name: 'DetectionsCorrelations'
    }

    resource sources 'tables' = {
      name: 'DetectionsSources'
    }

    resource index 'tables' = {
      name: 'DetectionsIndex'
    }

    resource verdicts 'tables' = {
      name: 'DetectionsVerdicts'
    }

    resource ruleSets 'tables' = {
      name: 'RuleSets'
    }

    resource handledAlerts 'tables' = if (!empty(sampleConsumerIds)) {
      name: 'HandledAlerts'
    }
  }

  resource queues 'queueServices' = {
    name: 'default'

    resource alerts 'queues' = {
      name: 'alerts'
    }

    resource poison 'queues' = if (!empty(sampleConsumerIds)) {
      name: 'alerts-poison'
    }

    resource outputs 'queues' = [
      for name in outputNames: {
        name: 'alerts-${name}'
      }
    ]

    // The host would make it when it needs it, with a right that the app need not have.
    resource undelivered 'queues' = [
      for name in outputNames: {
        name: 'alerts-${name}-poison'
      }
    ]
  }
}

// The app: it reads rules and writes what comes of them. Nothing lets it write where rules are; its package is written by another identity, whose token the
// platform gives it all the same (infra/README.md).
resource readRules 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::rules.id, principalId, storageBlobDataReader)
  scope: account::blobs::rules
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: storageBlobDataReader
  }
}

resource keepCompiledRules 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::compiledRules.id, principalId, storageBlobDataContributor)
  scope: account::blobs::compiledRules
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: storageBlobDataContributor
  }
}

resource keepDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::deadLetters.id, principalId, storageBlobDataContributor)
  scope: account::blobs::deadLetters
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: storageBlobDataContributor
  }
}

resource keepOriginals 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::originals.id, principalId, storageBlobDataContributor)
  scope: account::blobs::originals
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: storageBlobDataContributor
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

// The app adds alerts to the queue of an output, and delivers them from it.
resource deliverAlerts 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in outputNames: {
    name: guid(account::queues::outputs[index].id, principalId, storageQueueDataContributor)
    scope: account::queues::outputs[index]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: storageQueueDataContributor
    }
  }
]

resource setUndeliveredAside 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in outputNames: {
    name: guid(account::queues::undelivered[index].id, principalId, storageQueueDataMessageSender)
    scope: account::queues::undelivered[index]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: storageQueueDataMessageSender
    }
  }
]

resource countUndelivered 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in outputNames: {
    name: guid(account::queues::undelivered[index].id, principalId, storageQueueDataReader)
    scope: account::queues::undelivered[index]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: storageQueueDataReader
    }
  }
]

// The platform writes the package when one is published, and reads it when an instance starts, both by this identity.
resource keepPackage 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::package.id, publisherPrincipalId, storageBlobDataContributor)
  scope: account::blobs::package
  properties: {
    principalId: publisherPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: storageBlobDataContributor
  }
}

// People and pipelines: each on what they are there for.
resource pushRules 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(rulePublisherId)) {
  name: guid(account::blobs::rules.id, rulePublisherId, storageBlobDataContributor)
  scope: account::blobs::rules
  properties: {
    principalId: rulePublisherId
    principalType: rulePublisherType
    roleDefinitionId: storageBlobDataContributor
  }
}

resource readRuleSets 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(rulePublisherId)) {
  name: guid(account::tables::ruleSets.id, rulePublisherId, storageTableDataReader)
  scope: account::tables::ruleSets
  properties: {
    principalId: rulePublisherId
    principalType: rulePublisherType
    roleDefinitionId: storageTableDataReader
  }
}

resource othersPushRules 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in otherRulePusherIds: {
    name: guid(account::blobs::rules.id, id, storageBlobDataContributor)
    scope: account::blobs::rules
    properties: {
      principalId: id
      roleDefinitionId: storageBlobDataContributor
    }
  }
]

resource othersReadRuleSets 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in otherRulePusherIds: {
    name: guid(account::tables::ruleSets.id, id, storageTableDataReader)
    scope: account::tables::ruleSets
    properties: {
      principalId: id
      roleDefinitionId: storageTableDataReader
    }
  }
]

resource takeAlerts 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in alertConsumerIds: {
    name: guid(account::queues::alerts.id, id, storageQueueDataMessageProcessor)
    scope: account::queues::alerts
    properties: {
      principalId: id
      roleDefinitionId: storageQueueDataMessageProcessor
    }
  }
]

resource keepAlerts 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in sampleConsumerIds: {
    name: guid(account::queues::alerts.id, id, storageQueueDataContributor)
    scope: account::queues::alerts
    properties: {
      principalId: id
      roleDefinitionId: storageQueueDataContributor
    }
  }
]

resource setAlertsAside 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in sampleConsumerIds: {
    name: guid(account::queues::poison.id, id, storageQueueDataMessageSender)
    scope: account::queues::poison
    properties: {
      principalId: id
      roleDefinitionId: storageQueueDataMessageSender
    }
  }
]

resource recordHandledAlerts 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in sampleConsumerIds: {
    name: guid(account::tables::handledAlerts.id, id, storageTableDataContributor)
    scope: account::tables::handledAlerts
    properties: {
      principalId: id
      roleDefinitionId: storageTableDataContributor
    }
  }
]

resource readDetections 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in detectionReaderIds: {
    name: guid(account::tables::detections.id, id, storageTableDataReader)
    scope: account::tables::detections
    properties: {
      principalId: id
      roleDefinitionId: storageTableDataReader
    }
  }
]

resource readSources 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in analystIds: {
    name: guid(account::tables::sources.id, id, storageTableDataReader)
    scope: account::tables::sources
    properties: {
      principalId: id
      roleDefinitionId: storageTableDataReader
    }
  }
]

resource readOriginals 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in detectionReaderIds: {
    name: guid(account::blobs::originals.id, id, storageBlobDataReader)
    scope: account::blobs::originals
    properties: {
      principalId: id
      roleDefinitionId: storageBlobDataReader
    }
  }
]

// Who changed rules or the package: a few requests a day, beside one for each dead letter and original.
resource blobDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: account::blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageWrite'
        enabled: true
      }
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

// Who changed or removed detections or alerts, among the requests by which the app makes them.
resource tableDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: account::tables
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageWrite'
        enabled: logsTablesAndQueues
      }
      {
        category: 'StorageDelete'
        enabled: logsTablesAndQueues
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

resource queueDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: account::queues
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageWrite'
        enabled: logsTablesAndQueues
      }
      {
        category: 'StorageDelete'
        enabled: logsTablesAndQueues
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

output id string = account.id
output ruleContainerName string = account::blobs::rules.name
output packageContainerName string = account::blobs::package.name
output name string = account.name
output tableServiceUri string = account.properties.primaryEndpoints.table
output queueServiceUri string = account.properties.primaryEndpoints.queue
output blobServiceUri string = account.properties.primaryEndpoints.blob
output deploymentContainerUri string = '${account.properties.primaryEndpoints.blob}${account::blobs::package.name}'
