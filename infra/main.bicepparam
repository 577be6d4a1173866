using 'main.bicep'

// Set these with `azd env set NAME VALUE`; docs/deploy.md has the table.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param feeds = readEnvironmentVariable('SIS_FEEDS')
param watchedFeeds = json(readEnvironmentVariable('SIS_WATCHED_FEEDS', '[]'))
param absence = {
  hours: int(readEnvironmentVariable('SIS_ABSENCE_HOURS', '26'))
  days: json(readEnvironmentVariable('SIS_ABSENCE_DAYS', '[0, 1, 2, 3, 4, 5, 6]'))
  fromHourUtc: int(readEnvironmentVariable('SIS_ABSENCE_FROM_HOUR_UTC', '0'))
}
param longestRunHours = int(readEnvironmentVariable('SIS_LONGEST_RUN_HOURS', '30'))
param alertEmails = json(readEnvironmentVariable('SIS_ALERT_EMAILS'))
param alertWebhook = readEnvironmentVariable('SIS_ALERT_WEBHOOK', '')
param intake = readEnvironmentVariable('SIS_INTAKE', 'webhook')
param instanceMemoryMB = json(readEnvironmentVariable('SIS_INSTANCE_MEMORY_MB', '2048'))
param maximumInstanceCount = int(readEnvironmentVariable('SIS_MAXIMUM_INSTANCES', '40'))
param keepDurableReady = bool(readEnvironmentVariable('SIS_KEEP_DURABLE_READY', 'true'))
param dataStorageSku = readEnvironmentVariable('SIS_DATA_STORAGE_SKU', 'Standard_LRS')
param landedRetentionDays = int(readEnvironmentVariable('SIS_LANDED_RETENTION_DAYS', '30'))
param resultsRetentionDays = int(readEnvironmentVariable('SIS_RESULTS_RETENTION_DAYS', '400'))
param logRetentionDays = int(readEnvironmentVariable('SIS_LOG_RETENTION_DAYS', '90'))
param sftpUsers = json(readEnvironmentVariable('SIS_SFTP_USERS', '[]'))
param useVirtualNetwork = bool(readEnvironmentVariable('SIS_USE_VIRTUAL_NETWORK', 'false'))
param networkAddressPrefix = readEnvironmentVariable('SIS_NETWORK_ADDRESS_PREFIX', '10.80.0.0/24')
param natGatewayId = readEnvironmentVariable('SIS_NAT_GATEWAY_ID', '')
param allowedIpRanges = json(readEnvironmentVariable('SIS_ALLOWED_IP_RANGES', '[]'))
param operatorGroupId = readEnvironmentVariable('SIS_OPERATOR_GROUP_ID', '')
