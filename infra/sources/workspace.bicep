metadata description = 'Azure Monitor Agent collects events into a workspace, whose tables are exported to an event hub.'

@description('The workspace, in the resource group of this deployment.')
param workspaceName string

@description('The region of the workspace.')
param location string = resourceGroup().location

@description('Resource id of the namespace of the event hub. It must be in the region of the workspace.')
param eventHubNamespaceId string

@description('The event hub that takes all tables.')
param eventHubName string

@description('What is read on Windows, as channel!query.')
param windowsEvents string[] = [
  'Microsoft-Windows-Sysmon/Operational!*'
  'Microsoft-Windows-PowerShell/Operational!*[System[(EventID=4103 or EventID=4104)]]'
  'Security!*[System[(EventID=1102 or EventID=4624 or EventID=4625 or EventID=4688 or EventID=4697 or EventID=4698)]]'
  'System!*[System[(EventID=104 or EventID=7045)]]'
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

// Without a kind, one rule serves Windows and Linux.
resource rule 'Microsoft.Insights/dataCollectionRules@2023-03-11' = {
  name: 'dcr-security-events'
  location: location
  properties: {
    dataSources: {
      windowsEventLogs: [
        {
          name: 'windows'
          streams: ['Microsoft-Event']
          xPathQueries: windowsEvents
        }
      ]
      syslog: [
        {
          name: 'sysmon-for-linux'
          streams: ['Microsoft-Syslog']
          facilityNames: ['user']
          logLevels: ['Info']
        }
      ]
    }
    destinations: {
      logAnalytics: [
        {
          name: 'workspace'
          workspaceResourceId: workspace.id
        }
      ]
    }
    dataFlows: [
      {
        streams: [
          'Microsoft-Event'
          'Microsoft-Syslog'
        ]
        destinations: ['workspace']
      }
    ]
  }
}

resource export 'Microsoft.OperationalInsights/workspaces/dataExports@2023-09-01' = {
  parent: workspace
  name: 'security-events'
  properties: {
    tableNames: [
      'Event'
      'Syslog'
    ]
    destination: {
      resourceId: eventHubNamespaceId
      metaData: {
        eventHubName: eventHubName
      }
    }
    enable: true
  }
}

@description('To associate with each machine.')
output ruleId string = rule.id
