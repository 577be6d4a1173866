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

resource group 'Microsoft.Resources/resourceGroups@2024-07-01' existing = {
  name: resourceGroupName
}

module subscription 'modules/subscription.bicep' = {
  scope: group
  name: 'landed'
  params: {
    intake: intake
    topicName: topicName
    accountName: accountName
    appName: appName
    landingContainer: landingContainer
    deadLetterContainer: deadLetterContainer
    landedQueue: landedQueue
  }
}
