metadata description = 'The feeds\' last nights, in the portal.'

param location string
param tags object
param workspaceId string

var finishedRuns = loadTextContent('../queries/finished-runs.kql')

var content = {
  version: 'Notebook/1.0'
  items: [
    {
      type: 1
      content: {
        json: '## SIS Sync: the last nights\nOne line for each feed and night. What an outcome means and what to do about it: docs/operate.md.'
      }
      name: 'title'
    }
    {
      type: 9
      content: {
        version: 'KqlParameterItem/1.0'
        parameters: [
          {
            id: guid(workspaceId, 'range')
            version: 'KqlParameterItem/1.0'
            name: 'Range'
            label: 'Time'
            type: 4
            isRequired: true
            value: {
              durationMs: 1209600000
            }
            typeSettings: {
              selectableValues: [
                { durationMs: 86400000 }
                { durationMs: 604800000 }
                { durationMs: 1209600000 }
                { durationMs: 2592000000 }
              ]
            }
          }
        ]
        style: 'pills'
        queryType: 0
        resourceType: 'microsoft.operationalinsights/workspaces'
      }
      name: 'parameters'
    }
    {
      type: 3
      content: {
        version: 'KqlItem/1.0'
        query: '${finishedRuns}\n${loadTextContent('../queries/outcomes-by-night.kql')}'
        size: 1
        title: 'How the nights ended'
        timeContextFromParameter: 'Range'
        queryType: 0
        resourceType: 'microsoft.operationalinsights/workspaces'
        visualization: 'barchart'
      }
      name: 'nights'
    }
    {
      type: 3
      content: {
        version: 'KqlItem/1.0'
        query: '${finishedRuns}\n${loadTextContent('../queries/last-nights.kql')}'
        size: 0
        title: 'Feed by feed'
        timeContextFromParameter: 'Range'
        queryType: 0
        resourceType: 'microsoft.operationalinsights/workspaces'
        visualization: 'table'
      }
      name: 'feeds'
    }
  ]
  fallbackResourceIds: [workspaceId]
}

resource workbook 'Microsoft.Insights/workbooks@2022-04-01' = {
  name: guid(workspaceId, 'last-nights')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'SIS Sync: the last nights'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: string(content)
  }
}
