metadata description = 'By what the app sends alerts to the table in Sentinel\'s workspace: a data collection rule, and the app\'s role on it.'

import { columns, tableName } from 'sentinel.bicep'

@description('Region of the workspace, which a data collection rule must be in. It is told by what made the table, which must be there first.')
param location string

@description('Suffix that makes names unique: 13 lower-case letters and digits.')
@minLength(13)
@maxLength(13)
param resourceToken string

param tags object

@description('Resource id of the workspace.')
param workspaceId string

@description('Object id of the identity under which the app sends.')
param principalId string

// To send rows by this rule is all that it allows here.
var monitoringMetricsPublisher = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '3913510d-42f4-4e42-8a64-420c390055eb'
)

var stream = 'Custom-${tableName}'

// Of this kind it has an address of its own to send to. A data collection endpoint would be one more resource; it takes one only where the workspace is
// reached by private link (an Azure Monitor private link scope).
resource rule 'Microsoft.Insights/dataCollectionRules@2023-03-11' = {
  name: 'dcr-${resourceToken}'
  location: location
  tags: tags
  kind: 'Direct'
  properties: {
    description: 'Alerts of SigmaFunctions to ${tableName}.'
    streamDeclarations: {
      '${stream}': {
        columns: columns
      }
    }
    destinations: {
      logAnalytics: [
        {
          name: 'sentinel'
          workspaceResourceId: workspaceId
        }
      ]
    }
    dataFlows: [
      {
        streams: [stream]
        destinations: ['sentinel']
        transformKql: 'source'
        outputStream: stream
      }
    ]
  }
}

resource send 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(rule.id, principalId, monitoringMetricsPublisher)
  scope: rule
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: monitoringMetricsPublisher
  }
}

output endpoint string = rule.properties.endpoints.logsIngestion
output dataCollectionRuleId string = rule.properties.immutableId
output stream string = stream
