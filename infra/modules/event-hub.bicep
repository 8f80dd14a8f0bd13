metadata description = 'The event hub that events arrive in.'

param location string

@description('Suffix that makes names unique: 13 lower-case letters and digits.')
@minLength(13)
@maxLength(13)
param resourceToken string

param tags object

@description('Object id of the identity that receives.')
param principalId string

param name string
param consumerGroup string
param partitionCount int
param retentionHours int
param maximumThroughputUnits int

@description('Whether senders may use shared access keys.')
param allowSharedKeys bool

var eventHubsDataReceiver = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'
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
    isAutoInflateEnabled: maximumThroughputUnits > 1
    maximumThroughputUnits: maximumThroughputUnits > 1 ? maximumThroughputUnits : 0
  }

  resource hub 'eventhubs' = {
    name: name
    properties: {
      partitionCount: partitionCount
      retentionDescription: {
        cleanupPolicy: 'Delete'
        retentionTimeInHours: retentionHours
      }
    }

    resource group 'consumergroups' = {
      name: consumerGroup
    }
  }
}

resource receive 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(namespace::hub.id, principalId, eventHubsDataReceiver)
  scope: namespace::hub
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: eventHubsDataReceiver
  }
}

output namespaceId string = namespace.id
// From https://<host>:443/: the domain differs between Azure's clouds.
output fullyQualifiedNamespace string = split(split(namespace.properties.serviceBusEndpoint, '://')[1], ':')[0]
output name string = namespace::hub.name
output consumerGroup string = namespace::hub::group.name
