metadata description = 'A consumer group and the right to receive, and to send canaries, on hubs that are there already; nothing else of their namespace is touched.'

@description('Name of the namespace, in this resource group.')
param namespaceName string

@description('Object id of the identity that receives.')
param principalId string

@description('Names of the hubs.')
param hubNames string[]

param consumerGroup string

@description('Whether the identity may send to the hubs, too.')
param sendsCanary bool

var eventHubsDataReceiver = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'
)

var eventHubsDataSender = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '2b629674-e913-4c01-ae53-ef4638d8f975'
)

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource hubs 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' existing = [
  for name in hubNames: {
    parent: namespace
    name: name
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

output namespaceId string = namespace.id
// From https://<host>:443/: the domain differs between Azure's clouds.
output fullyQualifiedNamespace string = split(split(namespace.properties.serviceBusEndpoint, '://')[1], ':')[0]
