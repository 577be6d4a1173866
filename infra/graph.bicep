metadata description = 'SIS Sync, opt-in layer: the Microsoft Graph permissions of the app, by the kinds of target that its feeds have.'

targetScope = 'subscription'

@description('Off by default: whoever deploys this needs Privileged Role Administrator, which is more than Owner.')
param grantPermissions bool = false
param appPrincipalId string
@description('The kinds of target that the feeds name.')
param targets string[]

module permissions 'modules/graph-permissions.bicep' = if (grantPermissions) {
  name: 'sis-sync-graph-permissions'
  params: {
    appPrincipalId: appPrincipalId
    targets: targets
  }
}
