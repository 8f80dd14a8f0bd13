metadata description = 'In the workspace that Microsoft Sentinel is on: the table of alerts, and the analytics rule that makes incidents of them.'

@description('Name of the workspace, in this resource group.')
param workspaceName string

@description('Levels of rules whose alerts do not make incidents. All others do, and rules without a level.')
param quietLevels string[]

@description('Whether there is an analytics rule at all.')
param makesIncidents bool

@export()
@description('Columns of the table, and of the stream that fills it.')
var columns = [
  { name: 'TimeGenerated', type: 'datetime' }
  { name: 'DetectionId', type: 'string' }
  { name: 'Kind', type: 'string' }
  { name: 'RuleId', type: 'string' }
  { name: 'RuleTitle', type: 'string' }
  { name: 'RuleAuthor', type: 'string' }
  { name: 'RuleLevel', type: 'string' }
  { name: 'RulePage', type: 'string' }
  { name: 'Severity', type: 'string' }
  { name: 'Tags', type: 'dynamic' }
  { name: 'Tactics', type: 'dynamic' }
  { name: 'Techniques', type: 'dynamic' }
  { name: 'TechniqueNames', type: 'dynamic' }
  { name: 'EventTime', type: 'datetime' }
  { name: 'Host', type: 'string' }
  { name: 'HostName', type: 'string' }
  { name: 'HostDomain', type: 'string' }
  { name: 'User', type: 'string' }
  { name: 'UserName', type: 'string' }
  { name: 'UserDomain', type: 'string' }
  { name: 'EntraTenantId', type: 'string' }
  { name: 'ProcessImage', type: 'string' }
  { name: 'ProcessCommandLine', type: 'string' }
  { name: 'ProcessId', type: 'string' }
  { name: 'ParentImage', type: 'string' }
  { name: 'ParentCommandLine', type: 'string' }
  { name: 'ParentProcessId', type: 'string' }
  { name: 'Md5', type: 'string' }
  { name: 'Sha1', type: 'string' }
  { name: 'Sha256', type: 'string' }
  { name: 'FileHash', type: 'string' }
  { name: 'FileHashAlgorithm', type: 'string' }
  { name: 'SourceIp', type: 'string' }
  { name: 'SourcePort', type: 'int' }
  { name: 'DestinationIp', type: 'string' }
  { name: 'DestinationPort', type: 'int' }
  { name: 'Fields', type: 'dynamic' }
  { name: 'Correlation', type: 'dynamic' }
  { name: 'HeldBack', type: 'int' }
  { name: 'Omitted', type: 'int' }
  { name: 'MutedUntil', type: 'datetime' }
  { name: 'MutedOn', type: 'string' }
  { name: 'DetectionTable', type: 'string' }
  { name: 'DetectionPartitionKey', type: 'string' }
  { name: 'DetectionRowKey', type: 'string' }
]

@export()
@description('Name of the table.')
var tableName = 'SigmaDetections_CL'

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

// How long rows are kept is the workspace's, or set on the table by whoever owns it.
resource table 'Microsoft.OperationalInsights/workspaces/tables@2023-09-01' = {
  parent: workspace
  name: tableName
  properties: {
    plan: 'Analytics'
    schema: {
      name: tableName
      columns: map(columns, column => {
        name: column.name
        type: column.type == 'datetime' ? 'dateTime' : column.type
      })
    }
  }
}

// What an alert takes along: it is cut off beyond 64 KB.
var alertColumns = [
  'TimeGenerated'
  'AlertName'
  'DetectionId'
  'RuleId'
  'RuleTitle'
  'RuleAuthor'
  'RuleLevel'
  'RulePage'
  'Severity'
  'Tactics'
  'Techniques'
  'EventTime'
  'Host'
  'HostName'
  'HostDomain'
  'User'
  'UserName'
  'UserDomain'
  'ProcessImage'
  'ProcessCommandLine'
  'ProcessId'
  'ParentImage'
  'ParentCommandLine'
  'FileHash'
  'FileHashAlgorithm'
  'SourceIp'
  'DestinationIp'
  'HeldBack'
  'MutedUntil'
]

// A row that comes twice within a minute is one alert. The rule sees no more than the rows of one minute, so that what comes again later is an alert
// again, with the same DetectionId, in the same incident.
var query = [
  tableName
  '| where RuleLevel !in~ (dynamic(${string(quietLevels)}))'
  '| summarize arg_max(TimeGenerated, *) by DetectionId'
  '| extend AlertName = iff(isempty(Host), RuleTitle, strcat(RuleTitle, " on ", Host))'
  '| project ${join(alertColumns, ', ')}'
]

// Versions of the API that are not previews do not know this kind.
resource incidents 'Microsoft.SecurityInsights/alertRules@2025-07-01-preview' = if (makesIncidents) {
  scope: workspace
  name: guid(workspace.id, tableName)
  kind: 'NRT'
  properties: {
    displayName: 'SigmaFunctions: a Sigma rule matched'
    description: 'Alerts of SigmaFunctions, one for each row of ${tableName}, and an incident for each host.'
    enabled: true
    severity: 'Medium'
    query: join(query, '\n')
    suppressionEnabled: false
    suppressionDuration: 'PT5H'
    eventGroupingSettings: {
      aggregationKind: 'AlertPerResult'
    }
    alertDetailsOverride: {
      alertDisplayNameFormat: '{{AlertName}}'
      alertDescriptionFormat: '{{RuleTitle}} ({{RuleLevel}}) matched an event of {{EventTime}}.'
      alertSeverityColumnName: 'Severity'
      alertTacticsColumnName: 'Tactics'
      alertDynamicProperties: [
        { alertProperty: 'AlertLink', value: 'RulePage' }
        { alertProperty: 'Techniques', value: 'Techniques' }
      ]
    }
    customDetails: {
      DetectionId: 'DetectionId'
      EventTime: 'EventTime'
      HeldBack: 'HeldBack'
      MutedUntil: 'MutedUntil'
      ParentCommandLine: 'ParentCommandLine'
      ParentImage: 'ParentImage'
      ProcessImage: 'ProcessImage'
      RuleAuthor: 'RuleAuthor'
      RuleId: 'RuleId'
      RuleLevel: 'RuleLevel'
      RulePage: 'RulePage'
    }
    entityMappings: [
      {
        entityType: 'Account'
        fieldMappings: [
          { identifier: 'Name', columnName: 'UserName' }
          { identifier: 'NTDomain', columnName: 'UserDomain' }
        ]
      }
      {
        entityType: 'Host'
        fieldMappings: [
          { identifier: 'HostName', columnName: 'HostName' }
          { identifier: 'DnsDomain', columnName: 'HostDomain' }
        ]
      }
      {
        entityType: 'Process'
        fieldMappings: [
          { identifier: 'ProcessId', columnName: 'ProcessId' }
          { identifier: 'CommandLine', columnName: 'ProcessCommandLine' }
        ]
      }
      {
        entityType: 'FileHash'
        fieldMappings: [
          { identifier: 'Algorithm', columnName: 'FileHashAlgorithm' }
          { identifier: 'Value', columnName: 'FileHash' }
        ]
      }
      {
        entityType: 'IP'
        fieldMappings: [
          { identifier: 'Address', columnName: 'SourceIp' }
        ]
      }
      {
        entityType: 'IP'
        fieldMappings: [
          { identifier: 'Address', columnName: 'DestinationIp' }
        ]
      }
    ]
    incidentConfiguration: {
      createIncident: true
      groupingConfiguration: {
        enabled: true
        reopenClosedIncident: false
        lookbackDuration: 'PT5H'
        matchingMethod: 'Selected'
        groupByEntities: ['Host']
        groupByAlertDetails: []
        groupByCustomDetails: []
      }
    }
  }
  dependsOn: [table]
}

output location string = workspace.location
