metadata description = 'Alerts on what the app measures of itself. A query answers with a row where something is wrong.'

param location string

@description('Suffix that makes names unique: 13 lower-case letters and digits.')
@minLength(13)
@maxLength(13)
param resourceToken string

param tags object

@description('Resource id of the workspace that the app\'s metrics arrive in.')
param workspaceId string

@description('Resource id of the Event Hubs namespace, where its metrics arrive in the workspace too; empty where they do not.')
param eventHubNamespaceId string

@description('Addresses that are written to.')
param emails string[]

@description('Resource ids of action groups that are told besides.')
param actionGroupIds string[]

@description('Whether the app sends canaries.')
param hasCanary bool

@description('The storage account of rules and package.')
param storageAccountName string

param ruleContainerName string
param packageContainerName string

@description('Object ids of who may push rules without an alert.')
param ruleWriterIds string[]

@description('Object id of the identity by which the platform keeps the app\'s package.')
param publisherPrincipalId string

param lagSeconds int
param pendingSeconds int
param deadLetters int
param quietHours int

var rules = [
  {
    name: 'lag'
    title: 'Detections come late'
    description: 'Events take longer than the threshold from the hub to recorded and announced detections, on average: too few instances or partitions, or a slow store.'
    severity: 2
    window: 'PT15M'
    query: [
      'AppMetrics'
      '| where Name == "sigmafunctions.lag"'
      '| summarize Lag = sum(Sum) / sum(ItemCount)'
      '| where Lag > ${lagSeconds}'
    ]
  }
  {
    name: 'stalled-partition'
    title: 'A partition stands still'
    description: 'Events of a partition wait longer than the threshold: a batch hangs or fails again and again, nobody reads the partition, or there is more than can be done.'
    severity: 1
    window: 'PT10M'
    query: [
      'AppMetrics'
      '| where Name in ("sigmafunctions.oldest_pending_age", "sigmafunctions.backlog_age")'
      '| summarize Age = min(Max) by Name, AppRoleInstance, Hub = tostring(Properties["hub"]), Partition = tostring(Properties["partition"])'
      '| where Age > ${pendingSeconds}'
    ]
  }
  {
    name: 'correlations-late'
    title: 'Correlations are not evaluated'
    description: 'What correlations put off until late events have come was due long ago: the function Sweep fails, or cannot reach the table of correlations (event 70).'
    severity: 2
    window: 'PT15M'
    query: [
      'AppMetrics'
      '| where Name == "sigmafunctions.correlation.overdue"'
      '| summarize Overdue = min(Max)'
      '| where Overdue > 600'
    ]
  }
  {
    name: 'outputs-away'
    title: 'An output receives nothing'
    description: 'For half an hour nothing could be delivered to an output, and alerts wait on its queue: the receiver is away, or address, key or role are wrong (event 80).'
    severity: 2
    window: 'PT30M'
    query: [
      'AppMetrics'
      '| where Name == "sigmafunctions.outputs.notifications"'
      '| extend Output = tostring(Properties["output"]), Outcome = tostring(Properties["outcome"])'
      '| summarize Delivered = sumif(Sum, Outcome == "delivered"), Postponed = sumif(Sum, Outcome == "postponed") by Output'
      '| where Delivered == 0 and Postponed > 0'
    ]
  }
  {
    name: 'outputs-put-aside'
    title: 'Alerts are put aside'
    description: 'A receiver rejects alerts, or none could be delivered for seven days: they are on the output\'s poison queue (event 82).'
    severity: 2
    window: 'PT15M'
    query: [
      'AppMetrics'
      '| where Name == "sigmafunctions.outputs.notifications" and tostring(Properties["outcome"]) == "put_aside"'
      '| summarize Alerts = sum(Sum) by Output = tostring(Properties["output"])'
      '| where Alerts > 0'
    ]
  }
  {
    name: 'expired'
    title: 'Events are lost'
    description: 'A hub forgot events before they were done, since nothing was done of their partition for as long as it keeps them: the app\'s log (event 51) says which.'
    severity: 1
    window: 'PT15M'
    query: [
      'AppMetrics'
      '| where Name == "sigmafunctions.expired"'
      '| summarize Events = sum(Sum)'
      '| where Events > 0'
    ]
  }
  {
    name: 'quiet'
    title: 'No events'
    description: 'The app has read no event for hours: nothing is sent, or it does not run.'
    severity: 1
    window: 'PT${quietHours}H'
    query: [
      'AppMetrics'
      '| where Name == "sigmafunctions.events"'
      '| summarize Events = sum(Sum)'
      '| where coalesce(Events, 0.0) < 1'
    ]
  }
  {
    name: 'silent-hub'
    title: 'A hub has fallen silent'
    description: 'Events of a hub were read within a day and none for hours: its source no longer sends, or its function does not run.'
    severity: 2
    window: 'P1D'
    query: [
      'AppMetrics'
      '| where Name == "sigmafunctions.events"'
      '| summarize Last = max(TimeGenerated) by Hub = tostring(Properties["hub"])'
      '| where Last < ago(${quietHours}h)'
    ]
  }
  {
    name: 'source-silent'
    title: 'A source has fallen silent'
    description: 'Nothing came from a source for longer than is usual, and rules may be blind: the app\'s log (event 66) names it, and "sigmaf sources" lists all.'
    severity: 2
    window: 'PT15M'
    query: [
      'AppMetrics'
      '| where Name == "sigmafunctions.sources.silent"'
      '| summarize Sources = sum(Sum)'
      '| where Sources > 0'
    ]
  }
  {
    name: 'source-thinner'
    title: 'A source has lost fields'
    description: 'A field that rules use came with nearly all events of a source, and comes with none: the app\'s log (event 67) names both and the rules that are blind.'
    severity: 2
    window: 'PT15M'
    query: [
      'AppMetrics'
      '| where Name == "sigmafunctions.sources.thinner"'
      '| summarize Sources = sum(Sum)'
      '| where Sources > 0'
    ]
  }
  {
    name: 'dead-letters'
    title: 'Records that cannot be read'
    description: 'More records than the threshold became dead letters: look at them with "sigmaf deadletters list".'
    severity: 3
    window: 'PT15M'
    query: [
      'AppMetrics'
      '| where Name == "sigmafunctions.dead_letters"'
      '| summarize Letters = sum(Sum)'
      '| where Letters > ${deadLetters}'
    ]
  }
  {
    name: 'failed'
    title: 'A defect of the app'
    description: 'The app itself failed on records and passed them over: its log (event 13) says where. Please report it.'
    severity: 2
    window: 'PT15M'
    query: [
      'AppMetrics'
      '| where Name == "sigmafunctions.failed"'
      '| summarize Records = sum(Sum)'
      '| where Records > 0'
    ]
  }
  {
    name: 'invocations'
    title: 'Batches fail'
    description: 'Invocations fail again and again, and their partitions wait: most often the store cannot be reached or refuses.'
    severity: 1
    window: 'PT15M'
    query: [
      'AppRequests'
      '| where Success == false'
      '| summarize Invocations = sum(ItemCount)'
      '| where Invocations > 5'
    ]
  }
  {
    name: 'rules-stale'
    title: 'New rules cannot be used'
    description: 'The newest rules of the container cannot be used, and older ones run: "sigmaf rules status" tells why.'
    severity: 2
    window: 'PT15M'
    query: [
      'AppMetrics'
      '| where Name == "sigmafunctions.rules.stale"'
      '| summarize Stale = max(Max)'
      '| where Stale > 0'
    ]
  }
  {
    name: 'rules-rejected'
    title: 'Rules that do not run'
    description: 'Rules could not be used: the app\'s log names each with file and line, and so does "sigmaf check".'
    severity: 3
    window: 'PT15M'
    query: [
      'AppMetrics'
      '| where Name == "sigmafunctions.rules.rejected"'
      '| summarize arg_max(TimeGenerated, Sum)'
      '| where Sum > 0'
    ]
  }
  {
    // Logs of storage arrive late now and then, hence the window. What the platform does by itself (lifecycle rules) is no person's doing.
    name: 'strangers'
    title: 'Rules or program changed by a stranger'
    description: 'Somebody who is not named as a pusher of rules wrote to their container, or to the package\'s without publishing: the query tells who and from where.'
    severity: 1
    window: 'PT1H'
    query: [
      'StorageBlobLogs'
      '| where AccountName =~ "${storageAccountName}" and Category in ("StorageWrite", "StorageDelete") and toint(StatusCode) < 300'
      '| where AuthenticationType != "TrustedAccess"'
      '| extend Container = tostring(split(trim(\'"\', ObjectKey), "/")[2])'
      '| where (Container == "${ruleContainerName}" and RequesterObjectId !in~ (dynamic(${string(ruleWriterIds)})))'
      '    or (Container == "${packageContainerName}" and RequesterObjectId !~ "${publisherPrincipalId}")'
      '| summarize Requests = count(), Last = max(TimeGenerated) by Container, RequesterObjectId, Address = tostring(split(CallerIpAddress, ":")[0])'
    ]
  }
]

// What an administrator would have to do first, to change detection or its records without a trace.
var guardedOperations = [
  'Microsoft.Authorization/roleAssignments/write'
  'Microsoft.Authorization/roleAssignments/delete'
  'Microsoft.Insights/dataCollectionRules/write'
  'Microsoft.Insights/dataCollectionRules/delete'
  'Microsoft.Insights/diagnosticSettings/write'
  'Microsoft.Insights/diagnosticSettings/delete'
  'Microsoft.Insights/scheduledQueryRules/write'
  'Microsoft.Insights/scheduledQueryRules/delete'
  'Microsoft.Insights/activityLogAlerts/write'
  'Microsoft.Insights/activityLogAlerts/delete'
  'Microsoft.Insights/actionGroups/write'
  'Microsoft.Insights/actionGroups/delete'
  'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'
  'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write'
  'Microsoft.OperationalInsights/workspaces/write'
  'Microsoft.OperationalInsights/workspaces/delete'
  'Microsoft.OperationalInsights/workspaces/purge/action'
  'Microsoft.Storage/storageAccounts/write'
  'Microsoft.Storage/storageAccounts/delete'
  'Microsoft.Storage/storageAccounts/listKeys/action'
  'Microsoft.Storage/storageAccounts/blobServices/write'
  'Microsoft.Storage/storageAccounts/blobServices/containers/delete'
  'Microsoft.Storage/storageAccounts/tableServices/tables/delete'
  'Microsoft.Storage/storageAccounts/queueServices/queues/delete'
  'Microsoft.Storage/storageAccounts/managementPolicies/write'
  'Microsoft.Storage/storageAccounts/managementPolicies/delete'
  'Microsoft.Web/sites/write'
  'Microsoft.Web/sites/config/write'
  'Microsoft.Web/sites/delete'
  'Microsoft.Web/sites/stop/action'
]

var canaryRules = !hasCanary
  ? []
  : [
      {
        name: 'canary'
        title: 'Events do not become detections'
        description: 'No canary was detected for half an hour: something between the hub and the table does not work, or the app does not run.'
        severity: 1
        window: 'PT30M'
        query: [
          'AppMetrics'
          '| where Name == "sigmafunctions.canary"'
          '| summarize Canaries = sum(ItemCount)'
          '| where coalesce(Canaries, 0) < 1'
        ]
      }
    ]

var namespaceRules = empty(eventHubNamespaceId)
  ? []
  : [
      {
        name: 'stalled'
        title: 'Events are not read'
        description: 'Events arrive in the hub and none was read: the app does not start, may not receive, or its partitions wait for a store.'
        severity: 1
        window: 'PT15M'
        query: [
          'union'
          '(AzureMetrics | where _ResourceId =~ "${eventHubNamespaceId}" and MetricName == "IncomingMessages" | project Arrived = Total, Read = 0.0),'
          '(AppMetrics | where Name in ("sigmafunctions.events", "sigmafunctions.undecoded") | project Arrived = 0.0, Read = Sum),'
          '(AppMetrics | where Name == "sigmafunctions.canary" | project Arrived = 0.0, Read = todouble(ItemCount))'
          '| summarize Arrived = sum(Arrived), Read = sum(Read)'
          '| where Arrived > 0 and Read < 1'
        ]
      }
    ]

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: 'ag-${resourceToken}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'sigmafuncs'
    enabled: true
    emailReceivers: [
      for email in emails: {
        name: email
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

var groupIds = concat(actionGroupIds, empty(emails) ? [] : [group.id])

resource queries 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in concat(rules, canaryRules, namespaceRules): {
    name: 'alert-${rule.name}-${resourceToken}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'SigmaFunctions: ${rule.title}'
      description: rule.description
      enabled: true
      severity: rule.severity
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: rule.window
      autoMitigate: true
      // The workspace is empty while it is being made.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: join(rule.query, '\n')
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: groupIds
      }
    }
  }
]

// From the log of what is done to resources, which nobody can change and which is kept for 90 days.
resource guards 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: 'alert-guards-${resourceToken}'
  location: 'global'
  tags: tags
  properties: {
    description: 'SigmaFunctions: roles, audit logs, alerts, versioning or settings were changed; each deployment of the templates does, too. The alert names who.'
    enabled: true
    scopes: [resourceGroup().id]
    condition: {
      allOf: [
        {
          field: 'category'
          equals: 'Administrative'
        }
        {
          field: 'status'
          equals: 'Succeeded'
        }
        {
          anyOf: map(guardedOperations, operation => {
            field: 'operationName'
            equals: operation
          })
        }
      ]
    }
    actions: {
      actionGroups: map(groupIds, id => {
        actionGroupId: id
      })
    }
  }
}

resource throttled 'Microsoft.Insights/metricAlerts@2018-03-01' = if (!empty(eventHubNamespaceId)) {
  name: 'alert-throttled-${resourceToken}'
  location: 'global'
  tags: tags
  properties: {
    description: 'The namespace turns senders or the app away: it has reached its largest number of throughput units.'
    enabled: true
    severity: 2
    scopes: [eventHubNamespaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'throttled'
          metricName: 'ThrottledRequests'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [
      for id in groupIds: {
        actionGroupId: id
      }
    ]
  }
}
