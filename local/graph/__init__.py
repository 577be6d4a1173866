"""A simulator of Microsoft Graph's school data synchronization, over real HTTP on loopback.

It follows the documentation of the service and contains no knowledge of this app. Tests and the
demonstration control it through `local.graph.control`.
"""
