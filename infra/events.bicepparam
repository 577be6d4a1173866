using 'events.bicep'

// The outputs of the first layer, as azd keeps them.
param resourceGroupName = readEnvironmentVariable('AZURE_RESOURCE_GROUP')
param appName = readEnvironmentVariable('SIS_APP_NAME')
param topicName = readEnvironmentVariable('SIS_TOPIC')
param accountName = readEnvironmentVariable('SIS_DATA_STORAGE')
param intake = readEnvironmentVariable('SIS_INTAKE')
param landingContainer = readEnvironmentVariable('SIS_LANDING_CONTAINER')
param deadLetterContainer = readEnvironmentVariable('SIS_DEAD_LETTER_CONTAINER')
param landedQueue = readEnvironmentVariable('SIS_LANDED_QUEUE', '')
param state = readEnvironmentVariable('SIS_SUBSCRIPTION_STATE', '')
