metadata description = 'The subscription to what lands, by a queue and an identity: no key exists.'

import { deadLetterTo, landedIn, retryPolicy } from '../delivery.bicep'

param topicName string
param accountName string
param landingContainer string
param deadLetterContainer string
param landedQueue string

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource toQueue 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'landed-to-queue'
  properties: {
    deliveryWithResourceIdentity: {
      identity: {
        type: 'SystemAssigned'
      }
      destination: {
        endpointType: 'StorageQueue'
        properties: {
          resourceId: account.id
          queueName: landedQueue
          queueMessageTimeToLiveInSeconds: 604800
        }
      }
    }
    eventDeliverySchema: 'EventGridSchema'
    filter: landedIn(landingContainer)
    retryPolicy: retryPolicy
    deadLetterWithResourceIdentity: deadLetterTo(account.id, deadLetterContainer)
  }
}
