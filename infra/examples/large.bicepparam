using '../main.bicep'

// Tens of thousands of machines: a hub for each table, many partitions, zones, private endpoints, and somebody who is told.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'sigma-large')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param principalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')

param eventHubNames = [
  'deviceprocessevents'
  'devicenetworkevents'
  'devicefileevents'
  'deviceregistryevents'
  'deviceimageloadevents'
  'windowsevents'
]
param eventHubPartitionCount = 32
param eventHubRetentionHours = 168
param eventHubMaximumThroughputUnits = 40
param storageSku = 'Standard_GZRS'
param instanceMemoryMB = 4096
param maximumInstanceCount = 200
param logRetentionDays = 90
param alertEmails = ['soc@contoso.example']
param alertLagSeconds = 120
param privateNetworking = true
param tags = {
  owner: 'soc'
}
