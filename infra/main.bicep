metadata description = 'SIS Sync, first layer: everything but the subscription to what lands, which needs the deployed code.'

import { absenceType, exporterType, sftpUserType } from 'types.bicep'

targetScope = 'subscription'

@description('The name of the environment; it is part of the names of the resources.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('The region, for every resource.')
@minLength(1)
param location string

@description('The setting SIS_FEEDS: a JSON array of feeds, or blob:CONTAINER/NAME.')
@minLength(2)
param feeds string

@description('The feeds to alert on when a sync is overdue; empty for all feeds. Name them here if the feeds are in a blob.')
param watchedFeeds string[] = []

@description('When a missing success is worth an alert.')
param absence absenceType = {
  hours: 26
  days: [0, 1, 2, 3, 4, 5, 6]
  fromHourUtc: 0
}

@description('How long a run may take with all its waiting before it counts as stuck, in hours.')
@minValue(1)
@maxValue(47)
param longestRunHours int = 30

@description('The e-mail addresses that alerts go to.')
param alertEmails string[]

@description('How events reach the app: its webhook with a key, or a queue without one.')
@allowed(['webhook', 'queue'])
param intake string = 'webhook'

@description('Memory of an instance in MB. The validation of a state-wide export takes 4096.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('How many instances there may be at most.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Keep one instance ready for durable timers. Without it an idle app wakes late, or not at all.')
param keepDurableReady bool = true

@description('The version of Python that the app runs on.')
@allowed(['3.11', '3.12', '3.13'])
param pythonVersion string = '3.13'

@description('Redundancy of the data storage.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param dataStorageSku string = 'Standard_LRS'

@description('After how many days landed files are deleted, their older versions with them.')
@minValue(2)
@maxValue(365)
param landedRetentionDays int = 30

@description('After how many days results are deleted. More than the landed files: a file set without its result would be run again.')
@minValue(30)
@maxValue(3650)
param resultsRetentionDays int = 400

@description('After how many days logs are deleted.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Whether the data storage can take SFTP. An account decides that once: another value makes another account.')
param useSftp bool = false

@description('Vendors that deliver by SFTP, those that were locked out included. The endpoint is closed while none has a key.')
param sftpUsers sftpUserType[] = []

@description('Who may deliver exports over https.')
param exporters exporterType[] = []

@description('Object id of whoever deploys, who may then deliver exports too; empty for nobody.')
param deployerId string = ''

@description('Put the app and its storage into a network.')
param useVirtualNetwork bool = false

@description('The addresses of that network: a /25 or larger.')
param networkAddressPrefix string = '10.80.0.0/24'

@description('A NAT gateway for the way out of that network, where subnets have none by default.')
param natGatewayId string = ''

@description('Addresses from which exports are delivered, where the storage is in a network.')
param allowedIpRanges string[] = []

@description('Object id of a group in Entra ID that may read results and decide about runs.')
param operatorGroupId string = ''

@description('Whether alert_on_result posts cards.')
param useAlertWebhook bool = false

@description('Where it posts them: the address of a Teams workflow, or any webhook. It is kept in a key vault.')
@secure()
param alertWebhook string = ''

@description('The address of Microsoft Graph.')
param graphRoot string = 'https://graph.microsoft.com'

@description('What the host name of an upload address must end with.')
param uploadSuffix string = '.blob.${environment().suffixes.storage}'

var token = uniqueString(subscription().id, environmentName, location)
var tags = {
  'azd-env-name': environmentName
}

var landingContainer = 'sis-landing'
var resultsContainer = 'sis-results'
var decisionsContainer = 'sis-decisions'
var stateContainer = 'sis-state'
var settingsContainer = 'sis-settings'
var deadLetterContainer = 'sis-dead-letters'
var packageContainer = 'app-package'
var resultsQueue = 'sync-results'
var landedQueue = intake == 'queue' ? 'sis-landed' : ''
var blobPoisonQueue = 'webjobs-blobtrigger-poison'
var queues = concat(
  [resultsQueue, '${resultsQueue}-poison', blobPoisonQueue],
  empty(landedQueue) ? [] : [landedQueue, '${landedQueue}-poison']
)

// The kind of account is part of its name, because it cannot be changed, and so are the names of what cannot be moved
// to another account: its topic and its private endpoints.
var dataStorageName = '${useSftp ? 'sissftp' : 'sisdata'}${token}'
var hostStorageName = 'sishost${token}'
var feedsAreInBlob = startsWith(feeds, 'blob:')
var namedFeeds = feedsAreInBlob ? [] : map(json(feeds), feed => feed.name)

resource group 'Microsoft.Resources/resourceGroups@2024-07-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  name: 'identity'
  params: {
    name: 'id-sis-sync-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  name: 'monitoring'
  params: {
    workspaceName: 'log-sis-sync-${token}'
    insightsName: 'appi-sis-sync-${token}'
    location: location
    tags: tags
    retentionDays: logRetentionDays
    appPrincipalId: identity.outputs.principalId
  }
}

module hostStorage 'modules/host-storage.bicep' = {
  scope: group
  name: 'host-storage'
  params: {
    name: hostStorageName
    location: location
    tags: tags
    packageContainer: packageContainer
    appPrincipalId: identity.outputs.principalId
    isPrivate: useVirtualNetwork
  }
}

module dataStorage 'modules/data-storage.bicep' = {
  scope: group
  name: 'data-storage'
  params: {
    name: dataStorageName
    location: location
    tags: tags
    sku: dataStorageSku
    landingContainer: landingContainer
    resultsContainer: resultsContainer
    decisionsContainer: decisionsContainer
    stateContainer: stateContainer
    deadLetterContainer: deadLetterContainer
    settingsContainer: settingsContainer
    queues: queues
    landedRetentionDays: landedRetentionDays
    resultsRetentionDays: resultsRetentionDays
    workspaceId: monitoring.outputs.workspaceId
    isHierarchical: useSftp
    isSftpOpen: !empty(filter(sftpUsers, user => !empty(user.publicKeys)))
    isPrivate: useVirtualNetwork
    allowedIpRanges: allowedIpRanges
  }
}

module dataAccess 'modules/data-access.bicep' = {
  scope: group
  name: 'data-access'
  params: {
    accountName: dataStorage.outputs.name
    landingContainer: landingContainer
    resultsContainer: resultsContainer
    decisionsContainer: decisionsContainer
    stateContainer: stateContainer
    settingsContainer: settingsContainer
    queues: queues
    appPrincipalId: identity.outputs.principalId
    operatorGroupId: operatorGroupId
  }
}

module deliveries 'modules/delivery-access.bicep' = {
  scope: group
  name: 'delivery-access'
  params: {
    accountName: dataStorage.outputs.name
    landingContainer: landingContainer
    exporters: exporters
    deployerId: deployerId
  }
}

module vendors 'modules/sftp-users.bicep' = if (useSftp) {
  scope: group
  name: 'sftp-users'
  params: {
    accountName: dataStorage.outputs.name
    landingContainer: landingContainer
    users: sftpUsers
  }
}

module network 'modules/network.bicep' = if (useVirtualNetwork) {
  scope: group
  name: 'network'
  params: {
    name: 'vnet-sis-sync-${token}'
    location: location
    tags: tags
    addressPrefix: networkAddressPrefix
    natGatewayId: natGatewayId
    accounts: [
      { name: hostStorageName, id: hostStorage.outputs.id, groups: ['blob', 'queue', 'table'] }
      { name: dataStorageName, id: dataStorage.outputs.id, groups: ['blob', 'queue'] }
    ]
  }
}

module cards 'modules/alert-webhook.bicep' = if (useAlertWebhook) {
  scope: group
  name: 'alert-webhook'
  params: {
    vaultName: 'kv-sis-${token}'
    location: location
    tags: tags
    appPrincipalId: identity.outputs.principalId
    alertWebhook: alertWebhook
  }
}

module app 'modules/app.bicep' = {
  scope: group
  name: 'app'
  params: {
    planName: 'plan-sis-sync-${token}'
    appName: 'func-sis-sync-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    pythonVersion: pythonVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    keepDurableReady: keepDurableReady
    packageLocation: '${hostStorage.outputs.blobEndpoint}${packageContainer}'
    hostBlobEndpoint: hostStorage.outputs.blobEndpoint
    hostQueueEndpoint: hostStorage.outputs.queueEndpoint
    hostTableEndpoint: hostStorage.outputs.tableEndpoint
    dataBlobEndpoint: dataStorage.outputs.blobEndpoint
    dataQueueEndpoint: dataStorage.outputs.queueEndpoint
    insightsConnectionString: monitoring.outputs.insightsConnectionString
    landingContainer: landingContainer
    resultsContainer: resultsContainer
    decisionsContainer: decisionsContainer
    stateContainer: stateContainer
    resultsQueue: resultsQueue
    landedQueue: landedQueue
    feeds: feeds
    graphRoot: graphRoot
    uploadSuffix: uploadSuffix
    useAlertWebhook: useAlertWebhook
    alertWebhookUri: useAlertWebhook ? cards!.outputs.secretUri : ''
    subnetId: useVirtualNetwork ? network!.outputs.appSubnetId : ''
  }
  // Without its rights the app would not start, and the second layer waits for it to have started.
  dependsOn: [dataAccess]
}

module actionGroup 'modules/action-group.bicep' = {
  scope: group
  name: 'action-group'
  params: {
    name: 'ag-sis-sync-${token}'
    tags: tags
    emails: alertEmails
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  name: 'alerts'
  params: {
    prefix: 'alert-sis-sync-${token}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: actionGroup.outputs.id
    watchedFeeds: empty(watchedFeeds) ? namedFeeds : watchedFeeds
    absence: absence
    longestRunHours: longestRunHours
  }
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  name: 'workbook'
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

module topic 'modules/topic.bicep' = {
  scope: group
  name: 'topic'
  params: {
    name: 'evgt-${dataStorageName}'
    location: location
    tags: tags
    accountName: dataStorage.outputs.name
    actionGroupId: actionGroup.outputs.id
  }
}

module topicAccess 'modules/topic-access.bicep' = {
  scope: group
  name: 'topic-access'
  params: {
    accountName: dataStorage.outputs.name
    deadLetterContainer: deadLetterContainer
    landedQueue: landedQueue
    topicPrincipalId: topic.outputs.principalId
  }
}

// azd keeps these in the environment, where the second layer, the graph layer and people find them.
output AZURE_RESOURCE_GROUP string = group.name
output SIS_APP_NAME string = app.outputs.name
output SIS_APP_PRINCIPAL_ID string = identity.outputs.principalId
output SIS_DATA_STORAGE string = dataStorage.outputs.name
output SIS_TOPIC string = topic.outputs.name
output SIS_INTAKE string = intake
output SIS_LANDING_CONTAINER string = landingContainer
output SIS_DEAD_LETTER_CONTAINER string = deadLetterContainer
output SIS_LANDED_QUEUE string = landedQueue
