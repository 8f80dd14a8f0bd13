metadata description = 'A namespace of Event Hubs with the hubs that events arrive in.'

param location string

@description('Suffix that makes names unique: 13 lower-case letters and digits.')
@minLength(13)
@maxLength(13)
param resourceToken string

param tags object

@description('Object id of the identity that receives.')
param principalId string

@description('Names of the hubs.')
param hubNames string[]

param consumerGroup string

@description('Whether the identity may send to the hubs, too.')
param sendsCanary bool
param partitionCount int
param retentionHours int
param maximumThroughputUnits int

@description('Whether senders may use shared access keys.')
param allowSharedKeys bool

@description('Whether the namespace is reached by private endpoints alone.')
param isPrivate bool

@description('Resource id of the workspace that takes logs and metrics.')
param workspaceId string

var eventHubsDataReceiver = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'
)

var eventHubsDataSender = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '2b629674-e913-4c01-ae53-ef4638d8f975'
)

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: 'evhns-${resourceToken}'
  location: location
  tags: tags
  sku: {
    name: 'Standard'
    tier: 'Standard'
    capacity: 1
  }
  properties: {
    disableLocalAuth: !allowSharedKeys
    minimumTlsVersion: '1.2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    isAutoInflateEnabled: maximumThroughputUnits > 1
    maximumThroughputUnits: maximumThroughputUnits > 1 ? maximumThroughputUnits : 0
  }

  // Azure Monitor, which sends diagnostic logs, is among the services that are trusted.
  resource networkRules 'networkRuleSets' = if (isPrivate) {
    name: 'default'
    properties: {
      publicNetworkAccess: 'Disabled'
      defaultAction: 'Deny'
      trustedServiceAccessEnabled: true
    }
  }
}

// Two at once are refused now and then: the namespace is busy with the first.
@batchSize(1)
resource hubs 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = [
  for name in hubNames: {
    parent: namespace
    name: name
    properties: {
      partitionCount: partitionCount
      retentionDescription: {
        cleanupPolicy: 'Delete'
        retentionTimeInHours: retentionHours
      }
    }
  }
]

resource groups 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = [
  for (name, index) in hubNames: {
    parent: hubs[index]
    name: consumerGroup
  }
]

resource receive 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in hubNames: {
    name: guid(hubs[index].id, principalId, eventHubsDataReceiver)
    scope: hubs[index]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: eventHubsDataReceiver
    }
  }
]

resource send 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in hubNames: if (sendsCanary) {
    name: guid(hubs[index].id, principalId, eventHubsDataSender)
    scope: hubs[index]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: eventHubsDataSender
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: namespace
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'OperationalLogs'
        enabled: true
      }
      {
        category: 'AutoScaleLogs'
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

output namespaceId string = namespace.id
// From https://<host>:443/: the domain differs between Azure's clouds.
output fullyQualifiedNamespace string = split(split(namespace.properties.serviceBusEndpoint, '://')[1], ':')[0]
