metadata description = 'The identity under which the function app reads and writes.'

param location string

@description('Suffix that makes names unique: 13 lower-case letters and digits.')
@minLength(13)
@maxLength(13)
param resourceToken string

param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-${resourceToken}'
  location: location
  tags: tags
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
