metadata description = 'The subscription to what lands, by the webhook of the deployed app: the key exists only after the code.'

// A module of its own, because Azure asks for the key of a resource even where its condition is false; a module whose
// condition is false is not looked at.
import { deadLetterTo, landedIn, retryPolicy } from '../delivery.bicep'

param topicName string
param accountName string
param appName string
param landingContainer string
param deadLetterContainer string

@description('The name of the blob trigger in function_app.py.')
var landedFunction = 'export_landed'

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource app 'Microsoft.Web/sites@2024-04-01' existing = {
  name: appName
}

resource toWebhook 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
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
    filter: landedIn(landingContainer)
    retryPolicy: retryPolicy
    deadLetterWithResourceIdentity: deadLetterTo(account.id, deadLetterContainer)
  }
}
