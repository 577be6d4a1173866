metadata description = 'One rule that searches the logs and tells the action group, once for each value of its dimensions.'

param name string
param displayName string
param alertDescription string
param location string
param tags object
@description('0 critical, 1 error, 2 warning, 3 informational.')
@minValue(0)
@maxValue(3)
param severity int
param query string
@description('The columns that part one alert from another.')
param dimensions string[]
param evaluationFrequency string
param windowSize string
param workspaceId string
param actionGroupId string

resource rule 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: name
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: displayName
    description: alertDescription
    severity: severity
    enabled: true
    scopes: [workspaceId]
    // On a new subscription the tables are there only once something has been logged.
    skipQueryValidation: true
    evaluationFrequency: evaluationFrequency
    windowSize: windowSize
    // Stateful with overlapping windows: a line that arrives late is found, and no line alerts twice.
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: query
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [
            for dimension in dimensions: {
              name: dimension
              operator: 'Include'
              values: ['*']
            }
          ]
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [actionGroupId]
    }
  }
}
