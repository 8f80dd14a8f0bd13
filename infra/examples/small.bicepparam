using '../main.bicep'

// A try-out, or a few hundred machines: one hub, few partitions, the cheapest storage, short retention.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'sigma-small')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param principalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')

param eventHubPartitionCount = 2
param eventHubRetentionHours = 24
param eventHubMaximumThroughputUnits = 2
param storageSku = 'Standard_LRS'
param maximumInstanceCount = 40
param deadLetterRetentionDays = 15
param originalRetentionDays = 90
param alertQuietHours = 6
