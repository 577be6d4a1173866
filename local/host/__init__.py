"""A Functions host for one machine: it serves the real app, through the real SDK.

`python -m local.host --help` tells how to start it. In a process of one's own: `app.index`, then
`host.Host`.
"""
