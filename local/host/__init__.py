"""A Functions host for one machine: it serves the real app, through the real SDK.

`python -m local.host --help` lists its options. To run it inside another program, call `app.index`
and pass the result to `host.Host`.
"""
