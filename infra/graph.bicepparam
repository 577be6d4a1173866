using 'graph.bicep'

param grantPermissions = bool(readEnvironmentVariable('SIS_GRANT_GRAPH_PERMISSIONS', 'false'))
param appPrincipalId = readEnvironmentVariable('SIS_APP_PRINCIPAL_ID')
param targets = json(readEnvironmentVariable('SIS_TARGETS', '["industry-data"]'))
