targetScope = 'subscription'

metadata description = 'SigmaFunctions: event hubs, the function app that runs Sigma rules over its events, and the storage account it writes to.'

import { faults, level, selection, webhook } from 'modules/outputs.bicep'

@minLength(1)
@maxLength(64)
@description('Name of the environment (azd). The resource group is named after it, and all other names are derived from it.')
param environmentName string

@minLength(1)
@description('Region of everything. It must offer the Flex Consumption plan.')
param location string

@minLength(1)
@maxLength(100)
@description('Names of the event hubs that events are sent to, one or several. A Standard namespace, which this makes, holds ten.')
param eventHubNames string[] = ['events']

@description('Resource id of an Event Hubs namespace that is there already, with these hubs in it, to be read instead of a new one. Empty: a new one.')
param existingEventHubNamespaceId string = ''

@minLength(1)
@maxLength(50)
@description('Consumer group that the function app reads with. It must be its own; it is made on every hub.')
param eventHubConsumerGroup string = 'sigma'

@maxLength(32)
@description('Enqueued time (UTC, such as 2026-11-30T00:00:00Z) from which on events of a hub are read that the app has not read yet. Empty: all that the hub still has, which become detections and alerts. It counts only where a partition has no checkpoint yet.')
param eventHubStart string = ''

@minValue(1)
@maxValue(32)
@description('Partitions of each event hub: the upper bound of instances that read side by side. It cannot be changed later.')
param eventHubPartitionCount int = 8

@minValue(1)
@maxValue(168)
@description('Hours for which the event hubs keep events. An outage of the app that is longer loses events.')
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

@description('Resource id of a storage account that is there already, for what correlations keep, which then takes no share of the transactions of the new one. Empty: the new one.')
param correlationStorageAccountId string = ''

@minValue(15)
@maxValue(3650)
@description('Days after which nothing is left of a dead letter, a record that the app could not read. The last of them, blobRecoveryDays and 4, it can only be recovered.')
param deadLetterRetentionDays int = 30

@minValue(15)
@maxValue(3650)
@description('Likewise of original records that are too large for the table of detections.')
param originalRetentionDays int = 365

@minValue(1)
@maxValue(10)
@description('Days for which a blob or container that was deleted can be recovered; so long, and up to 4 days more, stays what was erased.')
param blobRecoveryDays int = 7

@minValue(1)
@maxValue(3650)
@description('Days for which former versions of rules and of the app\'s package are kept, from when they were written.')
param ruleHistoryDays int = 730

@allowed([512, 2048, 4096])
@description('Memory of one instance in MB. A rule set the size of SigmaHQ\'s needs 2048.')
param instanceMemoryMB int = 2048

@minValue(1)
@maxValue(1000)
@description('Instances to which the app grows. More than there are partitions are of no use.')
param maximumInstanceCount int = 40

@description('Resource id of a Log Analytics workspace that is there already, in the same region, for logs and metrics of the app. Empty: a new one.')
param logAnalyticsWorkspaceId string = ''

@minValue(30)
@maxValue(730)
@description('Days for which logs and metrics of the app are kept, in a new workspace; one that is there already keeps its own.')
param logRetentionDays int = 30

@description('Whether each write and delete in the tables of detections and the queue of alerts is logged, as it always is of rules. It costs in proportion to detections.')
param logTablesAndQueues bool = true

@minValue(0)
@maxValue(36500)
@description('Days for which detections are kept in the table. 0: for ever.')
param detectionRetentionDays int = 365

@minValue(0)
@maxValue(36500)
@description('Days for which verdicts are kept in the table, with the detections that they are on. 0: for ever.')
param verdictRetentionDays int = 730

@description('Whether the app sends an event to each of its hubs every five minutes, to see that events still become detections. By default only to hubs that it has for itself: whoever else reads a hub sees it.')
param enableCanary bool = empty(existingEventHubNamespaceId)

@maxLength(153)
@description('Address at which the rule catalogue is served, for alerts to link to their rule\'s page. Empty: no links.')
param catalogAddress string = ''

@maxLength(15)
@description('Webhooks that alerts are sent to besides the queue: Teams, Slack or whoever else takes an https request. Their addresses are secrets in a Key Vault.')
param webhooks webhook[] = []

@description('Resource id of a Key Vault that is there already, with the secrets of webhooks, which the app may then read. Empty: that is granted by hand.')
param outputKeyVaultId string = ''

@description('Resource id of a Log Analytics workspace with Microsoft Sentinel on it, that alerts are sent to besides the queue. Empty: none.')
param sentinelWorkspaceId string = ''

@description('Which alerts go to Sentinel and how much of each.')
param sentinelOptions selection = {}

@description('Levels of rules whose alerts make incidents in Sentinel, as do those of rules without a level. Empty: alerts are in the table alone.')
param sentinelIncidentLevels level[] = ['Medium', 'High', 'Critical']

@description('Whether to raise alerts: late detections, silence, records that cannot be read, failures.')
param enableAlerts bool = true

@maxLength(10)
@description('E-mail addresses that alerts are sent to.')
param alertEmails string[] = []

@maxLength(5)
@description('Resource ids of action groups that are told of alerts besides.')
param alertActionGroupIds string[] = []

@minValue(10)
@maxValue(86400)
@description('Seconds from the hub to the detection, on average over a quarter of an hour, beyond which there is an alert.')
param alertLagSeconds int = 300

@minValue(60)
@maxValue(86400)
@description('Seconds that an event of a partition may wait, for ten minutes on end, beyond which there is an alert.')
param alertPendingSeconds int = 900

@minValue(0)
@description('Dead letters in a quarter of an hour, beyond which there is an alert.')
param alertDeadLetters int = 100

@allowed([1, 2, 3, 4, 5, 6])
@description('Hours without a single event after which there is an alert.')
param alertQuietHours int = 1

@description('Puts the app into a virtual network, reaches storage and event hubs by private endpoints, and closes their public ones.')
param privateNetworking bool = false

@minLength(9)
@maxLength(18)
@description('Addresses of the virtual network, IPv4, /16 to /25.')
param networkAddressPrefix string = '10.90.0.0/24'

@description('Object id of who deploys (azd), who then may push rules. Empty: nobody is given a role.')
param principalId string = ''

@allowed(['Group', 'ServicePrincipal', 'User'])
@description('What principalId is.')
param principalType string = 'User'

@maxLength(100)
@description('Object ids of users and service principals who may push rules, besides who deploys.')
param rulePusherPrincipalIds string[] = []

@maxLength(100)
@description('Object ids of who takes alerts off the queue.')
param alertConsumerPrincipalIds string[] = []

@maxLength(100)
@description('Object ids of who runs the sample consumer (samples/alert-consumer) or one like it: takes alerts, keeps them hidden meanwhile, reads their detections.')
param sampleConsumerPrincipalIds string[] = []

@maxLength(100)
@description('Object ids of who reads detections and their originals.')
param analystPrincipalIds string[] = []

@description('Tags for every resource.')
param tags object = {}

var resourceToken = toLower(uniqueString(subscription().id, environmentName, location))
var allTags = union(tags, { 'azd-env-name': environmentName })
var isNamespaceNew = empty(existingEventHubNamespaceId)
// /subscriptions/ID/resourceGroups/NAME/providers/Microsoft.EventHub/namespaces/NAME; of a new one it is not asked for.
var existingNamespace = split(
  isNamespaceNew
    ? '${subscription().id}/resourceGroups/rg-${environmentName}/providers/Microsoft.EventHub/namespaces/new'
    : existingEventHubNamespaceId,
  '/'
)

var hasCorrelationStorage = !empty(correlationStorageAccountId)
// /subscriptions/ID/resourceGroups/NAME/providers/Microsoft.Storage/storageAccounts/NAME; without one it is not asked for.
var correlationAccount = split(
  hasCorrelationStorage
    ? correlationStorageAccountId
    : '${subscription().id}/resourceGroups/rg-${environmentName}/providers/Microsoft.Storage/storageAccounts/none',
  '/'
)

var hasVault = !empty(outputKeyVaultId)
// /subscriptions/ID/resourceGroups/NAME/providers/Microsoft.KeyVault/vaults/NAME; without one it is not asked for.
var vault = split(
  hasVault
    ? outputKeyVaultId
    : '${subscription().id}/resourceGroups/rg-${environmentName}/providers/Microsoft.KeyVault/vaults/none',
  '/'
)

var hasSentinel = !empty(sentinelWorkspaceId)
// /subscriptions/ID/resourceGroups/NAME/providers/Microsoft.OperationalInsights/workspaces/NAME; without one it is not asked for.
var sentinelWorkspace = split(
  hasSentinel
    ? sentinelWorkspaceId
    : '${subscription().id}/resourceGroups/rg-${environmentName}/providers/Microsoft.OperationalInsights/workspaces/none',
  '/'
)
var levels = ['Informational', 'Low', 'Medium', 'High', 'Critical']

var sentinelNames = hasSentinel ? ['sentinel'] : []
var outputFaults = faults(webhooks, sentinelNames)
var outputNames = empty(outputFaults)
  ? concat(map(webhooks, webhook => webhook.name), sentinelNames)
  : fail(join(outputFaults, ' '))

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
    existingWorkspaceId: logAnalyticsWorkspaceId
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
    publisherPrincipalId: identity.outputs.publisherPrincipalId
    rulePublisherId: principalId
    rulePublisherType: principalType
    rulePusherIds: rulePusherPrincipalIds
    alertConsumerIds: alertConsumerPrincipalIds
    sampleConsumerIds: sampleConsumerPrincipalIds
    analystIds: analystPrincipalIds
    outputNames: outputNames
    isPrivate: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
    sku: storageSku
    deadLetterRetentionDays: deadLetterRetentionDays
    originalRetentionDays: originalRetentionDays
    recoveryDays: blobRecoveryDays
    ruleHistoryDays: ruleHistoryDays
    logsTablesAndQueues: logTablesAndQueues
  }
}

module correlationStorage 'modules/correlation-storage.bicep' = if (hasCorrelationStorage) {
  scope: resourceGroup(correlationAccount[2], correlationAccount[4])
  params: {
    accountName: correlationAccount[8]
    principalId: identity.outputs.principalId
  }
}

module hostStorage 'modules/host-storage.bicep' = {
  scope: group
  params: {
    location: location
    resourceToken: resourceToken
    tags: allTags
    principalId: identity.outputs.principalId
    isPrivate: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
    sku: storageSku
  }
}

module eventHubs 'modules/event-hubs.bicep' = if (isNamespaceNew) {
  scope: group
  params: {
    location: location
    resourceToken: resourceToken
    tags: allTags
    principalId: identity.outputs.principalId
    hubNames: eventHubNames
    consumerGroup: eventHubConsumerGroup
    sendsCanary: enableCanary
    partitionCount: eventHubPartitionCount
    retentionHours: eventHubRetentionHours
    maximumThroughputUnits: eventHubMaximumThroughputUnits
    allowSharedKeys: allowSharedKeySenders
    isPrivate: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
  }
}

module existingEventHubs 'modules/existing-event-hubs.bicep' = if (!isNamespaceNew) {
  scope: resourceGroup(existingNamespace[2], existingNamespace[4])
  params: {
    namespaceName: existingNamespace[8]
    principalId: identity.outputs.principalId
    hubNames: eventHubNames
    consumerGroup: eventHubConsumerGroup
    sendsCanary: enableCanary
  }
}

var namespaceId = isNamespaceNew ? eventHubs!.outputs.namespaceId : existingEventHubs!.outputs.namespaceId
var namespaceHost = isNamespaceNew
  ? eventHubs!.outputs.fullyQualifiedNamespace
  : existingEventHubs!.outputs.fullyQualifiedNamespace

module network 'modules/network.bicep' = if (privateNetworking) {
  scope: group
  params: {
    location: location
    resourceToken: resourceToken
    tags: allTags
    addressPrefix: networkAddressPrefix
    storageAccountId: storage.outputs.id
    hostStorageAccountId: hostStorage.outputs.id
    correlationStorageAccountId: correlationStorageAccountId
    eventHubNamespaceId: namespaceId
    eventHubNamespace: namespaceHost
  }
}

module outputVault 'modules/key-vault.bicep' = if (hasVault) {
  scope: resourceGroup(vault[2], vault[4])
  params: {
    vaultName: vault[8]
    principalId: identity.outputs.principalId
  }
}

module sentinel 'modules/sentinel.bicep' = if (hasSentinel) {
  scope: resourceGroup(sentinelWorkspace[2], sentinelWorkspace[4])
  params: {
    workspaceName: sentinelWorkspace[8]
    quietLevels: filter(levels, level => !contains(sentinelIncidentLevels, level))
    makesIncidents: !empty(sentinelIncidentLevels)
  }
}

module sentinelIngestion 'modules/sentinel-ingestion.bicep' = if (hasSentinel) {
  scope: group
  params: {
    location: sentinel!.outputs.location
    resourceToken: resourceToken
    tags: allTags
    workspaceId: sentinelWorkspaceId
    principalId: identity.outputs.principalId
  }
}

// The outputs of the other modules make it wait for their role assignments and endpoints too: the host reads its storage as soon as it starts.
module functionApp 'modules/function-app.bicep' = {
  scope: group
  params: {
    location: location
    resourceToken: resourceToken
    tags: allTags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    publisherIdentityId: identity.outputs.publisherId
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    workspaceId: monitoring.outputs.workspaceId
    hostStorageAccountName: hostStorage.outputs.name
    tableServiceUri: storage.outputs.tableServiceUri
    queueServiceUri: storage.outputs.queueServiceUri
    blobServiceUri: storage.outputs.blobServiceUri
    correlationTableServiceUri: hasCorrelationStorage ? correlationStorage!.outputs.tableServiceUri : ''
    deploymentContainerUri: storage.outputs.deploymentContainerUri
    ruleContainerName: storage.outputs.ruleContainerName
    eventHubNamespace: namespaceHost
    eventHubNames: eventHubNames
    eventHubConsumerGroup: eventHubConsumerGroup
    eventHubStart: eventHubStart
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    catalogAddress: catalogAddress
    detectionRetentionDays: detectionRetentionDays
    verdictRetentionDays: verdictRetentionDays
    sendsCanary: enableCanary
    webhooks: webhooks
    otherOutputs: hasSentinel
      ? [
          {
            name: 'sentinel'
            type: 'Sentinel'
            format: 'Table'
            ...sentinelOptions
            endpoint: sentinelIngestion!.outputs.endpoint
            dataCollectionRuleId: sentinelIngestion!.outputs.dataCollectionRuleId
            stream: sentinelIngestion!.outputs.stream
          }
        ]
      : []
    subnetId: privateNetworking ? network!.outputs.functionsSubnetId : ''
  }
  // It gives no output, and what is in it is read as soon as the settings are there.
  dependsOn: [outputVault]
}

module alerts 'modules/alerts.bicep' = if (enableAlerts) {
  scope: group
  params: {
    location: location
    resourceToken: resourceToken
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    eventHubNamespaceId: isNamespaceNew ? namespaceId : ''
    emails: alertEmails
    actionGroupIds: alertActionGroupIds
    hasCanary: enableCanary
    storageAccountName: storage.outputs.name
    ruleContainerName: storage.outputs.ruleContainerName
    packageContainerName: storage.outputs.packageContainerName
    // Requests name the person, never a group.
    ruleWriterIds: union(rulePusherPrincipalIds, empty(principalId) || principalType == 'Group' ? [] : [principalId])
    publisherPrincipalId: identity.outputs.publisherPrincipalId
    lagSeconds: alertLagSeconds
    pendingSeconds: alertPendingSeconds
    deadLetters: alertDeadLetters
    quietHours: alertQuietHours
  }
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
  }
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output SERVICE_DETECTOR_NAME string = functionApp.outputs.name
output EVENT_HUB_NAMESPACE string = namespaceHost
output EVENT_HUB_NAMESPACE_ID string = namespaceId
output EVENT_HUB_NAMES string = join(eventHubNames, ';')
output STORAGE_ACCOUNT_NAME string = storage.outputs.name
output STORAGE_TABLE_SERVICE_URI string = storage.outputs.tableServiceUri
output STORAGE_QUEUE_SERVICE_URI string = storage.outputs.queueServiceUri
output STORAGE_BLOB_SERVICE_URI string = storage.outputs.blobServiceUri
output RULES_CONTAINER_NAME string = storage.outputs.ruleContainerName
output WORKBOOK_ID string = workbook.outputs.id
