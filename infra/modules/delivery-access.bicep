metadata description = 'Who may deliver exports over https: whoever deploys, and the exporters that the settings name.'

import { exporterType } from '../types.bicep'

param accountName string
param landingContainer string
param exporters exporterType[]
@description('Object id of whoever deploys; empty for nobody.')
param deployerId string

var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

var blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
var isList = 'ActionMatches{\'${blobs}/read\'} AND SubOperationMatches{\'Blob.List\'}'
var others = join(
  map(['write', 'add/action', 'delete', 'move/action'], action => '!(ActionMatches{\'${blobs}/${action}\'})'),
  ' AND '
)

// A role can be held once on a scope, so somebody who deploys and is listed gets what the list says.
var listed = map(exporters, exporter => toLower(exporter.principalId))
var deployers = empty(deployerId) || contains(listed, toLower(deployerId)) ? [] : [deployerId]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource landing 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobService
  name: landingContainer
}

// Reason: exporters write exports, replace them, and look at what they wrote; in the folders of their feeds and, by the
// condition, nowhere else.
resource deliver 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for exporter in exporters: {
    name: guid(landing.id, exporter.principalId, storageBlobDataContributor)
    scope: landing
    properties: {
      principalId: exporter.principalId
      principalType: exporter.principalType
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
      conditionVersion: empty(exporter.?feeds) ? null : '2.0'
      condition: empty(exporter.?feeds)
        ? null
        : '((!(${isList})) OR (${join(map(exporter.feeds!, feed => '@Request[${blobs}:prefix] StringStartsWith \'${feed}/\''), ' OR ')})) AND ((!(ActionMatches{\'${blobs}/read\'} AND NOT SubOperationMatches{\'Blob.List\'}) AND ${others}) OR (${join(map(exporter.feeds!, feed => '@Resource[${blobs}:path] StringStartsWith \'${feed}/\''), ' OR ')}))'
    }
  }
]

// Reason: whoever deploys delivers the first export, to see that the pipeline runs. An Owner has no rights on data.
resource deliverFirst 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principal in deployers: {
    name: guid(landing.id, principal, storageBlobDataContributor)
    scope: landing
    properties: {
      principalId: principal
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
    }
  }
]
