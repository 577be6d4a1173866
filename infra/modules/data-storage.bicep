metadata description = 'The storage of the data: what landed, what became of it, and the queues that tell of it.'

param name string
param location string
param tags object
param sku string
param landingContainer string
param resultsContainer string
param decisionsContainer string
param stateContainer string
param deadLetterContainer string
param settingsContainer string
@description('Every queue, the poison queues too: an alert watches those, and a queue that is not there is not watched.')
param queues string[]
@minValue(2)
@maxValue(365)
param landedRetentionDays int
@minValue(30)
@maxValue(3650)
param resultsRetentionDays int
param workspaceId string
@description('SFTP needs a hierarchical namespace, which a storage account keeps for its life and which rules out versions.')
param isHierarchical bool
@description('Whether the SFTP endpoint takes connections.')
param isSftpOpen bool
param isPrivate bool
param allowedIpRanges string[]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    isHnsEnabled: isHierarchical
    isSftpEnabled: isHierarchical && isSftpOpen
    isLocalUserEnabled: isHierarchical && isSftpOpen
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      // Event Grid reads nothing here, but it writes dead letters: a trusted service of Azure.
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
      ipRules: [
        for range in allowedIpRanges: {
          value: range
          action: 'Allow'
        }
      ]
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: !isHierarchical
    deleteRetentionPolicy: {
      enabled: true
      days: 14
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 14
    }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for container in [
    landingContainer
    resultsContainer
    decisionsContainer
    stateContainer
    deadLetterContainer
    settingsContainer
  ]: {
    parent: blobs
    name: container
    properties: {
      publicAccess: 'None'
    }
  }
]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource allQueues 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = [
  for queue in queues: {
    parent: queueService
    name: queue
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'delete-landed'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob', 'appendBlob']
              prefixMatch: ['${landingContainer}/', '${deadLetterContainer}/']
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: landedRetentionDays
                }
              }
              version: {
                delete: {
                  daysAfterCreationGreaterThan: landedRetentionDays
                }
              }
              snapshot: {
                delete: {
                  daysAfterCreationGreaterThan: landedRetentionDays
                }
              }
            }
          }
        }
        {
          name: 'delete-results'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob', 'appendBlob']
              prefixMatch: ['${resultsContainer}/']
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: resultsRetentionDays
                }
              }
              version: {
                delete: {
                  daysAfterCreationGreaterThan: landedRetentionDays
                }
              }
            }
          }
        }
        {
          name: 'delete-decisions'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob', 'appendBlob']
              prefixMatch: ['${decisionsContainer}/']
            }
            actions: {
              baseBlob: {
                delete: {
                  // A pause is among them, and it must not end because results are deleted early.
                  daysAfterModificationGreaterThan: max(resultsRetentionDays, 1100)
                }
              }
              version: {
                delete: {
                  daysAfterCreationGreaterThan: landedRetentionDays
                }
              }
            }
          }
        }
        {
          // The app deletes old baselines itself. A rule that deletes by age would delete the keys too. Older versions go
          // at once, so that a deleted key cannot be brought back for longer than the soft delete lasts.
          name: 'delete-old-state'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob', 'appendBlob']
              prefixMatch: ['${stateContainer}/']
            }
            actions: {
              version: {
                delete: {
                  daysAfterCreationGreaterThan: 1
                }
              }
            }
          }
        }
      ]
    }
  }
}

// What the alert on poison messages reads. The metric of a queue's length is renewed once a day.
resource queueLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'queue-writes'
  scope: queueService
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'StorageWrite'
        enabled: true
      }
    ]
  }
}

output id string = account.id
output name string = account.name
output blobEndpoint string = account.properties.primaryEndpoints.blob
output queueEndpoint string = account.properties.primaryEndpoints.queue
