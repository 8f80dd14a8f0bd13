metadata description = 'A page in the portal with what an operator wants to see.'

param location string
param tags object

@description('Resource id of the workspace that the app\'s metrics arrive in.')
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspaceId, 'SigmaFunctions')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'SigmaFunctions'
    category: 'workbook'
    version: 'Notebook/1.0'
    sourceId: workspaceId
    serializedData: replace(loadTextContent('../workbook.json'), 'WORKSPACE_ID', workspaceId)
  }
}

output id string = workbook.id
