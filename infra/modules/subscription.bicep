metadata description = 'The subscription to what lands. It needs the deployed app: the key of its webhook exists only then.'

@allowed(['webhook', 'queue'])
param intake string
param topicName string
param accountName string
param appName string
param landingContainer string
param deadLetterContainer string
param landedQueue string

@description('The name of the blob trigger in function_app.py.')
var landedFunction = 'export_landed'

// A finished upload, by whatever way it came. SftpCreate is not in it: that blob is still empty.
var finishedUploads = [
  'PutBlob'
  'PutBlockList'
  'CopyBlob'
  'FlushWithClose'
  'SftpCommit'
]

var filter = {
  includedEventTypes: ['Microsoft.Storage.BlobCreated']
  // The slash at the end keeps out a container whose name only begins the same.
  subjectBeginsWith: '/blobServices/default/containers/${landingContainer}/'
  advancedFilters: [
    {
      operatorType: 'StringIn'
      key: 'data.api'
      values: finishedUploads
    }
  ]
}

// A day: what is not delivered by then, the sweep has long found.
var retryPolicy = {
  maxDeliveryAttempts: 30
  eventTimeToLiveInMinutes: 1440
}

// A changed key is answered with 401, which Event Grid does not try again: without this it would be lost in silence.
var deadLetter = {
  identity: {
    type: 'SystemAssigned'
  }
  deadLetterDestination: {
    endpointType: 'StorageBlob'
    properties: {
      resourceId: account.id
      blobContainerName: deadLetterContainer
    }
  }
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

resource app 'Microsoft.Web/sites@2024-04-01' existing = {
  name: appName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource toWebhook 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = if (intake == 'webhook') {
  parent: topic
  name: 'landed-to-webhook'
  properties: {
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: 'https://${app.properties.defaultHostName}/runtime/webhooks/blobs?functionName=Host.Functions.${landedFunction}&code=${uriComponent(listKeys('${app.id}/host/default', '2024-04-01').systemKeys.blobs_extension)}'
        maxEventsPerBatch: 1
      }
    }
    eventDeliverySchema: 'EventGridSchema'
    filter: filter
    retryPolicy: retryPolicy
    deadLetterWithResourceIdentity: deadLetter
  }
}

resource toQueue 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = if (intake == 'queue') {
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
    filter: filter
    retryPolicy: retryPolicy
    deadLetterWithResourceIdentity: deadLetter
  }
}
