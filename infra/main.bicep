targetScope = 'subscription'

metadata description = 'SigmaFunctions: an event hub, the function app that runs Sigma rules over its events, and the storage account it writes to.'

@minLength(1)
@maxLength(64)
@description('Name of the environment (azd). The resource group is named after it, and all other names are derived from it.')
param environmentName string

@minLength(1)
@description('Region of everything. It must offer the Flex Consumption plan.')
param location string

@minLength(1)
@maxLength(50)
@description('Name of the event hub that events are sent to.')
param eventHubName string = 'events'

@minLength(1)
@maxLength(50)
@description('Consumer group that the function app reads with. It must be its own.')
param eventHubConsumerGroup string = 'sigma'

@minValue(1)
@maxValue(32)
@description('Partitions of the event hub: the upper bound of instances that read side by side. It cannot be changed later.')
param eventHubPartitionCount int = 8

@minValue(1)
@maxValue(168)
@description('Hours for which the event hub keeps events. An outage of the app that is longer loses events.')
param eventHubRetentionHours int = 72

@minValue(1)
@maxValue(40)
@description('Throughput units to which the namespace grows by itself (one takes in 1 MB or 1,000 events a second).')
param eventHubMaximumThroughputUnits int = 10

@description('Lets senders use shared access keys. Needed only for sources that cannot send with an Entra identity; the app itself never uses one.')
param allowSharedKeySenders bool = false

@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
@description('Redundancy of the storage account.')
param storageSku string = 'Standard_ZRS'

@minValue(1)
@maxValue(3650)
@description('Days for which dead letters are kept: records that the app could not read.')
param deadLetterRetentionDays int = 30

@minValue(1)
@maxValue(3650)
@description('Days for which original records are kept that are too large for the table of detections.')
param originalRetentionDays int = 365

@allowed([512, 2048, 4096])
@description('Memory of one instance in MB. A rule set the size of SigmaHQ\'s needs 2048.')
param instanceMemoryMB int = 2048

@minValue(1)
@maxValue(1000)
@description('Instances to which the app grows. More than there are partitions are of no use.')
param maximumInstanceCount int = 40

@minValue(30)
@maxValue(730)
@description('Days for which logs and metrics of the app are kept.')
param logRetentionDays int = 30

@maxLength(153)
@description('Address at which the rule catalogue is served, for alerts to link to their rule\'s page. Empty: no links.')
param catalogAddress string = ''

@description('Tags for every resource.')
param tags object = {}

var resourceToken = toLower(uniqueString(subscription().id, environmentName, location))
var allTags = union(tags, { 'azd-env-name': environmentName })

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: allTags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    location: location
    resourceToken: resourceToken
    tags: allTags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    location: location
    resourceToken: resourceToken
    tags: allTags
    principalId: identity.outputs.principalId
    retentionDays: logRetentionDays
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    location: location
    resourceToken: resourceToken
    tags: allTags
    principalId: identity.outputs.principalId
    sku: storageSku
    deadLetterRetentionDays: deadLetterRetentionDays
    originalRetentionDays: originalRetentionDays
  }
}

module eventHub 'modules/event-hub.bicep' = {
  scope: group
  params: {
    location: location
    resourceToken: resourceToken
    tags: allTags
    principalId: identity.outputs.principalId
    name: eventHubName
    consumerGroup: eventHubConsumerGroup
    partitionCount: eventHubPartitionCount
    retentionHours: eventHubRetentionHours
    maximumThroughputUnits: eventHubMaximumThroughputUnits
    allowSharedKeys: allowSharedKeySenders
  }
}

// The outputs of the other modules make it wait for their role assignments too: the host reads its storage as soon as it starts.
module functionApp 'modules/function-app.bicep' = {
  scope: group
  params: {
    location: location
    resourceToken: resourceToken
    tags: allTags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    storageAccountName: storage.outputs.name
    tableServiceUri: storage.outputs.tableServiceUri
    queueServiceUri: storage.outputs.queueServiceUri
    blobServiceUri: storage.outputs.blobServiceUri
    deploymentContainerUri: storage.outputs.deploymentContainerUri
    eventHubNamespace: eventHub.outputs.fullyQualifiedNamespace
    eventHubName: eventHub.outputs.name
    eventHubConsumerGroup: eventHub.outputs.consumerGroup
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    catalogAddress: catalogAddress
  }
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output SERVICE_DETECTOR_NAME string = functionApp.outputs.name
output EVENT_HUB_NAMESPACE string = eventHub.outputs.fullyQualifiedNamespace
output EVENT_HUB_NAMESPACE_ID string = eventHub.outputs.namespaceId
output EVENT_HUB_NAME string = eventHub.outputs.name
output STORAGE_ACCOUNT_NAME string = storage.outputs.name
output STORAGE_TABLE_SERVICE_URI string = storage.outputs.tableServiceUri
output STORAGE_QUEUE_SERVICE_URI string = storage.outputs.queueServiceUri
output STORAGE_BLOB_SERVICE_URI string = storage.outputs.blobServiceUri
