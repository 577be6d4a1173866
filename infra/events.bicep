metadata description = 'SIS Sync, second layer: the subscription to what lands, once the code is there to answer Event Grid.'

targetScope = 'subscription'

param resourceGroupName string
param appName string
param topicName string
param accountName string
@allowed(['webhook', 'queue'])
param intake string
param landingContainer string
param deadLetterContainer string
param landedQueue string
@description('Any text. azd skips a layer whose parameters are as they were: another text makes the subscription anew.')
param state string

resource group 'Microsoft.Resources/resourceGroups@2024-07-01' existing = {
  name: resourceGroupName
}

module webhookSubscription 'modules/webhook-subscription.bicep' = if (intake == 'webhook') {
  scope: group
  name: 'landed-to-webhook'
  params: {
    topicName: topicName
    accountName: accountName
    appName: appName
    landingContainer: landingContainer
    deadLetterContainer: deadLetterContainer
  }
}

module queueSubscription 'modules/queue-subscription.bicep' = if (intake == 'queue') {
  scope: group
  name: 'landed-to-queue'
  params: {
    topicName: topicName
    accountName: accountName
    landingContainer: landingContainer
    deadLetterContainer: deadLetterContainer
    landedQueue: landedQueue
  }
}

output SIS_SUBSCRIPTION_STATE string = state
