metadata description = 'Optional: a network in which the app reaches its storage by private addresses.'

param name string
param location string
param tags object
param addressPrefix string
@description('A NAT gateway for the way to Microsoft Graph, where the subscription gives subnets no way out by default.')
param natGatewayId string
@description('The storage accounts, with the services of each that the app uses.')
param accounts { name: string, id: string, groups: string[] }[]

var services = flatten(map(accounts, account => map(account.groups, group => union(account, { group: group }))))

var groups = ['blob', 'queue', 'table']

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [addressPrefix]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          natGateway: empty(natGatewayId) ? null : { id: natGatewayId }
          delegations: [
            {
              name: 'flex'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
    ]
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for group in groups: {
    name: 'privatelink.${group}.${environment().suffixes.storage}'
    location: 'global'
    tags: tags
  }
]

// Without the redirect, the zones would hide every account of others that has a private endpoint of its own, the one
// that School Data Sync has files uploaded to perhaps among them.
// https://learn.microsoft.com/azure/dns/private-dns-fallback
resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (group, i) in groups: {
    parent: zones[i]
    name: '${name}-${group}'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      resolutionPolicy: 'NxDomainRedirect'
      virtualNetwork: {
        id: network.id
      }
    }
  }
]

// One after the other: an account refuses a second connection while the first is being made.
@batchSize(1)
resource endpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for service in services: {
    name: 'pep-${service.name}-${service.group}'
    location: location
    tags: tags
    properties: {
      subnet: {
        id: '${network.id}/subnets/endpoints'
      }
      privateLinkServiceConnections: [
        {
          name: service.group
          properties: {
            privateLinkServiceId: service.id
            groupIds: [service.group]
          }
        }
      ]
    }
  }
]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (service, i) in services: {
    parent: endpoints[i]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: service.group
          properties: {
            privateDnsZoneId: zones[indexOf(groups, service.group)].id
          }
        }
      ]
    }
  }
]

output appSubnetId string = '${network.id}/subnets/app'
