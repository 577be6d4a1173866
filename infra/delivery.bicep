metadata description = 'What both subscriptions say of what they deliver, and how often it is tried.'

// A finished upload, by whatever way it came. SftpCreate is not in it: that blob is still empty.
var finishedUploads = [
  'PutBlob'
  'PutBlockList'
  'CopyBlob'
  'FlushWithClose'
  'SftpCommit'
]

@export()
func landedIn(container string) object => {
  includedEventTypes: ['Microsoft.Storage.BlobCreated']
  // The slash at the end keeps out a container whose name only begins the same.
  subjectBeginsWith: '/blobServices/default/containers/${container}/'
  advancedFilters: [
    {
      operatorType: 'StringIn'
      key: 'data.api'
      values: finishedUploads
    }
  ]
}

@export()
@description('A day: what is not delivered by then, the sweep has long found.')
var retryPolicy = {
  maxDeliveryAttempts: 30
  eventTimeToLiveInMinutes: 1440
}

// A changed key is answered with 401, which Event Grid does not try again: without this it would be lost in silence.
@export()
func deadLetterTo(accountId string, container string) object => {
  identity: {
    type: 'SystemAssigned'
  }
  deadLetterDestination: {
    endpointType: 'StorageBlob'
    properties: {
      resourceId: accountId
      blobContainerName: container
    }
  }
}
