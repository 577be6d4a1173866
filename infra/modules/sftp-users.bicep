metadata description = 'A local user per feed, for a vendor that delivers by SFTP. Public keys only: no password is ever made.'

import { sftpUserType } from '../types.bicep'

param accountName string
param landingContainer string
param users sftpUserType[]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: accountName
}

// No rights on the container, which would be rights on every feed's folder. What a vendor may do is the access control
// list of its own folder, which docs/operate.md#vendors-that-deliver-by-sftp sets; until then it cannot sign in.
// https://learn.microsoft.com/azure/storage/blobs/secure-file-transfer-protocol-support#access-control-lists-acls
#disable-next-line no-type-data
resource localUsers 'Microsoft.Storage/storageAccounts/localUsers@2024-01-01' = [
  for user in users: {
    parent: account
    name: user.user
    properties: {
      homeDirectory: '${landingContainer}/${user.feed}'
      allowAclAuthorization: true
      hasSharedKey: false
      // Deployments delete nothing: a vendor that left stays in the list without keys, and false removes those it had.
      hasSshKey: !empty(user.publicKeys)
      hasSshPassword: false
      permissionScopes: []
      sshAuthorizedKeys: map(user.publicKeys, key => {
        key: key
      })
    }
  }
]
