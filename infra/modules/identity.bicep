metadata description = 'The identity under which the function app reads and writes, and the one by which the platform keeps and fetches its package.'

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

// The app never asks for a token of this one: its own need not reach the package, and in the logs the two are told apart.
resource publisher 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-publish-${resourceToken}'
  location: location
  tags: tags
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
output publisherId string = publisher.id
output publisherPrincipalId string = publisher.properties.principalId
