metadata description = 'A virtual network for the app, and private endpoints of what it reads and writes.'

param location string

@description('Suffix that makes names unique: 13 lower-case letters and digits.')
@minLength(13)
@maxLength(13)
param resourceToken string

param tags object

@description('Addresses of the virtual network.')
param addressPrefix string

param storageAccountId string
param hostStorageAccountId string

@description('The account of what correlations keep; empty for that of detections.')
param correlationStorageAccountId string

param eventHubNamespaceId string

@description('Host name of the Event Hubs namespace.')
param eventHubNamespace string

// What is reached: of the host's account only what the host uses with the triggers of this app.
var endpoints = concat(ownEndpoints, correlationEndpoints)
var correlationEndpoints = empty(correlationStorageAccountId)
  ? []
  : [
      {
        name: 'correlation-table'
        group: 'table'
        resourceId: correlationStorageAccountId
      }
    ]
var ownEndpoints = [
  {
    name: 'blob'
    group: 'blob'
    resourceId: storageAccountId
  }
  {
    name: 'queue'
    group: 'queue'
    resourceId: storageAccountId
  }
  {
    name: 'table'
    group: 'table'
    resourceId: storageAccountId
  }
  {
    name: 'host-blob'
    group: 'blob'
    resourceId: hostStorageAccountId
  }
  {
    name: 'host-table'
    group: 'table'
    resourceId: hostStorageAccountId
  }
  {
    name: 'eventhubs'
    group: 'namespace'
    resourceId: eventHubNamespaceId
  }
]

// The domains that private addresses are looked up in, in the order of their groups.
var groups = ['blob', 'queue', 'table', 'namespace']
var domains = [
  'privatelink.blob.${environment().suffixes.storage}'
  'privatelink.queue.${environment().suffixes.storage}'
  'privatelink.table.${environment().suffixes.storage}'
  'privatelink.${substring(eventHubNamespace, indexOf(eventHubNamespace, '.') + 1)}'
]

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-${resourceToken}'
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [addressPrefix]
    }
    subnets: [
      {
        // Flex Consumption runs in environments of Container Apps; the subnet's name must have no underscore.
        name: 'functions'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          delegations: [
            {
              name: 'environments'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
        }
      }
    ]
  }

  resource functions 'subnets' existing = {
    name: 'functions'
  }

  resource endpoints 'subnets' existing = {
    name: 'endpoints'
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2020-06-01' = [
  for domain in domains: {
    name: domain
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = [
  for (domain, index) in domains: {
    parent: zones[index]
    name: network.name
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: network.id
      }
    }
  }
]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for endpoint in endpoints: {
    name: 'pe-${endpoint.name}-${resourceToken}'
    location: location
    tags: tags
    properties: {
      subnet: {
        id: network::endpoints.id
      }
      privateLinkServiceConnections: [
        {
          name: endpoint.name
          properties: {
            privateLinkServiceId: endpoint.resourceId
            groupIds: [endpoint.group]
          }
        }
      ]
    }
  }
]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (endpoint, index) in endpoints: {
    parent: privateEndpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: endpoint.name
          properties: {
            privateDnsZoneId: zones[indexOf(groups, endpoint.group)].id
          }
        }
      ]
    }
  }
]

output functionsSubnetId string = network::functions.id
