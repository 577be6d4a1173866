extension microsoftGraphV1

metadata description = 'Application permissions of Microsoft Graph. An app role is not a role of Azure: it is assigned in the directory.'

targetScope = 'subscription'

param appPrincipalId string
param targets string[]

// Generated from sync_core/targets/permissions.py; the granting script reads the same file.
var table = loadJsonContent('../permissions.json')
var names = union([], flatten(map(targets, target => map(table.targets[target], permission => permission.name))))

resource graph 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: table.graphAppId
}

// By name, not by id: what the directory says is right. Delegated scopes share the names, so the type is asked for.
resource grants 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for name in names: {
    principalId: appPrincipalId
    resourceId: graph.id
    appRoleId: filter(graph.appRoles, role => role.value == name && contains(role.allowedMemberTypes, 'Application'))[0].id
  }
]
