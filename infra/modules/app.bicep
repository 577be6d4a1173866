metadata description = 'The Flex Consumption plan and the function app with its settings.'

param planName string
param appName string
param location string
param tags object
param identityId string
param identityClientId string
@allowed(['3.11', '3.12', '3.13'])
param pythonVersion string
@allowed([512, 2048, 4096])
param instanceMemoryMB int
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int
param keepDurableReady bool
param packageLocation string
param hostBlobEndpoint string
param hostQueueEndpoint string
param hostTableEndpoint string
param dataBlobEndpoint string
param dataQueueEndpoint string
param insightsConnectionString string
param landingContainer string
param resultsContainer string
param decisionsContainer string
param stateContainer string
param resultsQueue string
@description('The queue that Event Grid delivers to; empty where it calls the blob trigger\'s webhook.')
param landedQueue string
param feeds string
param graphRoot string
param uploadSuffix string
@description('Turns alert_on_result on.')
param useAlertWebhook bool
@description('The secret in a key vault that holds where alert_on_result posts its cards.')
param alertWebhookUri string
@description('The subnet that the app reaches storage through; empty without a network.')
param subnetId string

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: appName
  location: location
  tags: union(tags, { 'azd-service-name': 'sync' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageLocation
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: pythonVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        // A scaled-down app wakes late for a durable timer, or not at all.
        alwaysReady: keepDurableReady
          ? [
              {
                name: 'durable'
                instanceCount: 1
              }
            ]
          : []
      }
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: union(
    {
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identityClientId
      AzureWebJobsStorage__blobServiceUri: hostBlobEndpoint
      AzureWebJobsStorage__queueServiceUri: hostQueueEndpoint
      AzureWebJobsStorage__tableServiceUri: hostTableEndpoint
      // Both addresses: with one alone, the first poison message fails.
      SIS_STORAGE__credential: 'managedidentity'
      SIS_STORAGE__clientId: identityClientId
      SIS_STORAGE__blobServiceUri: dataBlobEndpoint
      SIS_STORAGE__queueServiceUri: dataQueueEndpoint
      APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
      AZURE_CLIENT_ID: identityClientId
      SIS_FEEDS: feeds
      SIS_LANDING_CONTAINER: landingContainer
      SIS_RESULTS_CONTAINER: resultsContainer
      SIS_DECISIONS_CONTAINER: decisionsContainer
      SIS_STATE_CONTAINER: stateContainer
      SIS_RESULTS_QUEUE: resultsQueue
      SIS_UPLOAD_SUFFIX: uploadSuffix
      GRAPH_ROOT: graphRoot
    },
    // A setting that is there turns its function on, so one that is not wanted must not be there at all.
    empty(landedQueue) ? {} : { SIS_LANDED_QUEUE: landedQueue },
    useAlertWebhook ? { SIS_ALERT_WEBHOOK: '@Microsoft.KeyVault(SecretUri=${alertWebhookUri})' } : {}
  )
}

resource noFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource noPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

output id string = app.id
output name string = app.name
