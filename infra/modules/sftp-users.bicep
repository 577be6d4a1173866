metadata description = 'A local user per feed, for a vendor that delivers by SFTP. Public keys only: no password is ever made.'

import { sftpUserType } from '../types.bicep'

param accountName string
param landingContainer string
param users sftpUserType[]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

// Reason: a vendor writes (c, w) and can neither list nor read, its own files included. The service knows no
// narrower place than a container, so the home folder is where a vendor starts, not a wall; see docs/security.md.
#disable-next-line no-type-data
resource localUsers 'Microsoft.Storage/storageAccounts/localUsers@2024-01-01' = [
  for user in users: {
    parent: account
    name: user.user
    properties: {
      homeDirectory: '${landingContainer}/${user.feed}'
      hasSharedKey: false
      hasSshKey: true
      hasSshPassword: false
      permissionScopes: [
        {
          permissions: 'cw'
          service: 'blob'
          resourceName: landingContainer
        }
      ]
      sshAuthorizedKeys: map(user.publicKeys, key => {
        key: key
      })
    }
  }
]
