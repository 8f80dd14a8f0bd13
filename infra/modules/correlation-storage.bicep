metadata description = 'The table of what correlations keep, and the right to write tables, in a storage account that is there already; nothing else of it is touched.'

@description('Name of the account, in this resource group.')
param accountName string

@description('Object id of the identity under which the app reads and writes.')
param principalId string

// On the whole account: a transaction is asked of the account, not of a table.
var storageTableDataContributor = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
)

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: accountName

  resource tables 'tableServices' existing = {
    name: 'default'
  }
}

resource correlations 'Microsoft.Storage/storageAccounts/tableServices/tables@2023-05-01' = {
  parent: account::tables
  name: 'DetectionsCorrelations'
}

resource writeTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, storageTableDataContributor)
  scope: account
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: storageTableDataContributor
  }
}

output tableServiceUri string = account.properties.primaryEndpoints.table
