metadata description = 'Who may do what with the data: the app, container by container and queue by queue, and the operators.'

param accountName string
param landingContainer string
param resultsContainer string
param decisionsContainer string
param stateContainer string
param settingsContainer string
@description('The queues that the app writes to or takes from, with their poison queues.')
param queues string[]
param appPrincipalId string
@description('Object id of a group in Entra ID that may read results and write decisions; empty for none.')
param operatorGroupId string

var storageBlobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var storageBlobDataReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
var storageQueueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource landing 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobs
  name: landingContainer
}

resource results 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobs
  name: resultsContainer
}

resource decisions 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobs
  name: decisionsContainer
}

resource state 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobs
  name: stateContainer
}

resource settings 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobs
  name: settingsContainer
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource allQueues 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' existing = [
  for queue in queues: {
    parent: queueService
    name: queue
  }
]

// Reason: the blob trigger asks for Owner on what it watches; the app itself only reads here.
resource watchLanding 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(landing.id, appPrincipalId, storageBlobDataOwner)
  scope: landing
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataOwner)
  }
}

// Reason: results are written, and the record of a start by a conditional write.
resource writeResults 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(results.id, appPrincipalId, storageBlobDataContributor)
  scope: results
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
  }
}

// Reason: decisions are read, and reminders about holds are recorded before they are sent.
resource keepDecisions 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(decisions.id, appPrincipalId, storageBlobDataContributor)
  scope: decisions
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
  }
}

// Reason: baselines and their keys are written, read, and deleted when they are too old. Nobody else has a role here: with
// a key, whoever knows an ID could find out in which exports it was.
resource keepState 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(state.id, appPrincipalId, storageBlobDataContributor)
  scope: state
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
  }
}

// Reason: where SIS_FEEDS names a blob, the feeds are read from this container.
resource readSettings 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(settings.id, appPrincipalId, storageBlobDataReader)
  scope: settings
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataReader)
  }
}

// Reason: queue output, queue triggers and the blob trigger's poison queue; on these queues and no others.
resource useQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, i) in queues: {
    name: guid(account.id, queue, appPrincipalId, storageQueueDataContributor)
    scope: allQueues[i]
    properties: {
      principalId: appPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageQueueDataContributor)
    }
  }
]

// Reason: operators read results. They delete none: the record of a start is among them, and without it a sync could be
// started twice. They see no pupil's data: that lies in the landing container.
resource readResults 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorGroupId)) {
  name: guid(results.id, operatorGroupId, storageBlobDataReader)
  scope: results
  properties: {
    principalId: operatorGroupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataReader)
  }
}

// Reason: operators approve, reject, pause and settle by writing here, and correct a document that is damaged.
resource writeDecisions 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorGroupId)) {
  name: guid(decisions.id, operatorGroupId, storageBlobDataContributor)
  scope: decisions
  properties: {
    principalId: operatorGroupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
  }
}
