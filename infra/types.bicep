metadata description = 'The shapes of the parameters that are more than a word.'

@export()
@description('A vendor that delivers a feed by SFTP, with the public keys it signs in with.')
type sftpUserType = {
  @description('What the vendor signs in as: lower-case letters and digits.')
  @minLength(3)
  @maxLength(64)
  user: string
  @description('The feed, which is the folder that the vendor starts in.')
  @minLength(1)
  @maxLength(63)
  feed: string
  @description('Public keys in OpenSSH form, ten at most. With none the vendor is locked out.')
  @maxLength(10)
  publicKeys: string[]
}

@export()
@description('Who may deliver exports over https: somebody or something of Entra ID.')
type exporterType = {
  @description('The object id; of an app that of its service principal.')
  principalId: string
  principalType: 'User' | 'Group' | 'ServicePrincipal'
  @description('The feeds whose folders it may use; all of the landing container without it.')
  @minLength(1)
  feeds: string[]?
}

@export()
@description('When a missing success is worth an alert.')
type absenceType = {
  @description('No success for so many hours. Below 48: log alerts look back two days at most.')
  @minValue(1)
  @maxValue(47)
  hours: int
  @description('The days on which a success is expected, Sunday is 0.')
  days: int[]
  @description('From which hour of the day on, in UTC.')
  @minValue(0)
  @maxValue(23)
  fromHourUtc: int
}
