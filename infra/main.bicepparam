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
var webhook = readEnvironmentVariable('SIS_ALERT_WEBHOOK', '')
param useAlertWebhook = !empty(webhook)
param alertWebhook = empty(webhook) || startsWith(webhook, 'https://')
  ? webhook
  : fail('SIS_ALERT_WEBHOOK is not an https address. azd does not resolve what `azd env set-secret` stores (akvs://…) in this file: set the address with `azd env set`; the deployment puts it into a key vault.')
param intake = readEnvironmentVariable('SIS_INTAKE', 'webhook')
param instanceMemoryMB = json(readEnvironmentVariable('SIS_INSTANCE_MEMORY_MB', '2048'))
param maximumInstanceCount = int(readEnvironmentVariable('SIS_MAXIMUM_INSTANCES', '40'))
param keepDurableReady = bool(readEnvironmentVariable('SIS_KEEP_DURABLE_READY', 'true'))
param dataStorageSku = readEnvironmentVariable('SIS_DATA_STORAGE_SKU', 'Standard_LRS')
var landedDays = int(readEnvironmentVariable('SIS_LANDED_RETENTION_DAYS', '30'))
var resultsDays = int(readEnvironmentVariable('SIS_RESULTS_RETENTION_DAYS', '400'))
param landedRetentionDays = landedDays
param resultsRetentionDays = resultsDays > landedDays
  ? resultsDays
  : fail('SIS_RESULTS_RETENTION_DAYS (${resultsDays}) must be more than SIS_LANDED_RETENTION_DAYS (${landedDays}): files that outlive their result would be run again.')
param logRetentionDays = int(readEnvironmentVariable('SIS_LOG_RETENTION_DAYS', '90'))
var vendors = json(readEnvironmentVariable('SIS_SFTP_USERS', '[]'))
var isSftpAsked = bool(readEnvironmentVariable('SIS_USE_SFTP', 'false'))
// https://learn.microsoft.com/azure/storage/blobs/secure-file-transfer-protocol-support#supported-algorithms
var keyTypes = ['ssh-rsa', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384']
var wrongKeys = filter(vendors, user => !empty(filter(user.publicKeys, key => !contains(keyTypes, split(key, ' ')[0]))))
var tooManyKeys = filter(vendors, user => length(user.publicKeys) > 10)
param useSftp = isSftpAsked || empty(vendors)
  ? isSftpAsked
  : fail('SIS_SFTP_USERS names vendors, and SIS_USE_SFTP is not true. Set it: the data storage is then another account, see "Vendors that deliver by SFTP" in docs/operate.md.')
param sftpUsers = !empty(wrongKeys)
  ? fail('SIS_SFTP_USERS: ${wrongKeys[0].user} has a key that SFTP on Azure does not take. Its kinds are ${join(keyTypes, ', ')}.')
  : !empty(tooManyKeys)
      ? fail('SIS_SFTP_USERS: ${tooManyKeys[0].user} has ${length(tooManyKeys[0].publicKeys)} keys; a user may have 10.')
      : vendors
// In one case: the names of roles are made from the ids, and the same role under two names is refused.
var exporterList = map(
  json(readEnvironmentVariable('SIS_EXPORTERS', '[]')),
  exporter => union(exporter, { principalId: toLower(exporter.principalId) })
)
var exporterIds = map(exporterList, exporter => exporter.principalId)
param exporters = length(union(exporterIds, [])) == length(exporterIds) ? exporterList : fail('SIS_EXPORTERS lists a principalId twice. List it once, with all of its feeds.')
// azd hands over the id of whoever is signed in.
param deployerId = bool(readEnvironmentVariable('SIS_DEPLOYER_DELIVERS', 'true'))
  ? toLower(readEnvironmentVariable('AZURE_PRINCIPAL_ID', ''))
  : ''
param useVirtualNetwork = bool(readEnvironmentVariable('SIS_USE_VIRTUAL_NETWORK', 'false'))
var addressPrefix = readEnvironmentVariable('SIS_NETWORK_ADDRESS_PREFIX', '10.80.0.0/24')
param networkAddressPrefix = parseCidr(addressPrefix).cidr <= 25
  ? addressPrefix
  : fail('SIS_NETWORK_ADDRESS_PREFIX (${addressPrefix}) is too small for two subnets of 64 addresses. Take a /25 or larger, such as 10.80.0.0/25.')
param natGatewayId = readEnvironmentVariable('SIS_NAT_GATEWAY_ID', '')
param allowedIpRanges = json(readEnvironmentVariable('SIS_ALLOWED_IP_RANGES', '[]'))
param operatorGroupId = readEnvironmentVariable('SIS_OPERATOR_GROUP_ID', '')
