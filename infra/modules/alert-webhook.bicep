metadata description = 'The key vault that keeps the address of the alert webhook, which is a secret: whoever knows it can post.'

@description('Up to 24 characters, unique in Azure.')
param vaultName string
param location string
param tags object
param appPrincipalId string
@secure()
param alertWebhook string

var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: vaultName
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
  }
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'alert-webhook'
  properties: {
    contentType: 'the address that alert_on_result posts to'
    value: alertWebhook
  }
}

// Reason: the platform puts the secret into the app's setting, and reads it as the app's identity.
resource readAddress 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(secret.id, appPrincipalId, keyVaultSecretsUser)
  scope: secret
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
  }
}

// Without a version, so that a new address in the vault is taken without a deployment. Not a secret itself.
output secretUri string = '${vault.properties.vaultUri}secrets/${secret.name}'
