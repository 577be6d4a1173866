metadata description = 'What the identity of the Event Grid topic may do. The names hold its id, which is new when the topic is made anew.'

param accountName string
param deadLetterContainer string
@description('The queue for events; empty where they go to the blob trigger\'s webhook.')
param landedQueue string
param topicPrincipalId string

var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var storageQueueDataMessageSender = 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource deadLetters 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobs
  name: deadLetterContainer
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource landed 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' existing = {
  parent: queueService
  name: empty(landedQueue) ? 'none' : landedQueue
}

// Reason: an event that could not be delivered is kept; without an account key that takes an identity.
resource keepDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(deadLetters.id, topicPrincipalId, storageBlobDataContributor)
  scope: deadLetters
  properties: {
    principalId: topicPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
  }
}

// Reason: in the keyless variant Event Grid itself puts the events on the queue; it can do nothing else there.
resource sendLanded 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(landedQueue)) {
  name: guid(account.id, landedQueue, topicPrincipalId, storageQueueDataMessageSender)
  scope: landed
  properties: {
    principalId: topicPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageQueueDataMessageSender)
  }
}
