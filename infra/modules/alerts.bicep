metadata description = 'The rules that make the pipeline speak up by itself. Each has its section in docs/operate.md.'

import { absenceType } from '../types.bicep'

param prefix string
param location string
param tags object
param workspaceId string
param actionGroupId string
@description('The feeds to alert on when a sync is overdue.')
param watchedFeeds string[]
param absence absenceType
@description('How long an orchestration may take from its beginning to its end, in hours.')
@minValue(1)
@maxValue(47)
param longestRunHours int

var runbook = 'Runbook: docs/operate.md#alert-'
var finishedRuns = loadTextContent('../queries/finished-runs.kql')

// Not a datatable, which cannot be empty: where the feeds live in a blob, none may be named here.
var absenceValues = 'let Expected = print Names = dynamic(${string(watchedFeeds)}) | mv-expand Feed = Names to typeof(string) | where isnotempty(Feed) | project Feed;\nlet Window = ${absence.hours}h;\nlet Days = dynamic(${string(absence.days)});\nlet FromHour = ${absence.fromHourUtc};'
var stuckValues = 'let Pending = 30m;\nlet Longest = ${longestRunHours}h;'

var rules = [
  {
    name: 'run-critical'
    displayName: 'A run failed, or whether its sync started could not be confirmed'
    severity: 0
    query: '${finishedRuns}\n${loadTextContent('../queries/run-critical.kql')}'
    dimensions: ['Feed', 'Outcome', 'Run']
    evaluationFrequency: 'PT15M'
    windowSize: 'PT30M'
  }
  {
    name: 'run-error'
    displayName: 'A run ended without a sync'
    severity: 1
    query: '${finishedRuns}\n${loadTextContent('../queries/run-error.kql')}'
    dimensions: ['Feed', 'Outcome', 'Run']
    evaluationFrequency: 'PT15M'
    windowSize: 'PT30M'
  }
  {
    name: 'unannounced'
    displayName: 'A result could not be put on the results queue'
    severity: 0
    query: loadTextContent('../queries/unannounced.kql')
    dimensions: ['Feed', 'Run']
    evaluationFrequency: 'PT15M'
    windowSize: 'PT30M'
  }
  {
    name: 'settings-wrong'
    displayName: 'A feed does not run because its settings are wrong'
    severity: 1
    query: loadTextContent('../queries/settings-wrong.kql')
    dimensions: ['Feed']
    evaluationFrequency: 'PT15M'
    windowSize: 'PT30M'
  }
  {
    name: 'sync-failed'
    displayName: 'A sync that had started ended badly'
    severity: 1
    query: loadTextContent('../queries/sync-failed.kql')
    dimensions: ['Feed', 'Status', 'Run']
    evaluationFrequency: 'PT15M'
    windowSize: 'PT30M'
  }
  {
    name: 'absence'
    displayName: 'A feed has had no success in its window'
    severity: 1
    query: '${absenceValues}\n${finishedRuns}\n${loadTextContent('../queries/absence.kql')}'
    dimensions: ['Feed']
    evaluationFrequency: 'PT1H'
    windowSize: 'P2D'
  }
  {
    name: 'stuck'
    displayName: 'An orchestration does not begin or does not end'
    severity: 1
    query: '${stuckValues}\n${loadTextContent('../queries/stuck.kql')}'
    dimensions: ['Instance']
    evaluationFrequency: 'PT1H'
    windowSize: 'P2D'
  }
  {
    name: 'poison'
    displayName: 'A message could not be handled'
    severity: 1
    query: loadTextContent('../queries/poison.kql')
    dimensions: ['Queue']
    evaluationFrequency: 'PT15M'
    windowSize: 'PT30M'
  }
]

module alerts 'log-alert.bicep' = [
  for rule in rules: {
    name: 'alert-${rule.name}'
    params: {
      name: '${prefix}-${rule.name}'
      displayName: rule.displayName
      alertDescription: '${rule.displayName}. ${runbook}${rule.name}'
      location: location
      tags: tags
      severity: rule.severity
      query: rule.query
      dimensions: rule.dimensions
      evaluationFrequency: rule.evaluationFrequency
      windowSize: rule.windowSize
      workspaceId: workspaceId
      actionGroupId: actionGroupId
    }
  }
]
