"""A simulator of Microsoft Graph's school data synchronization, over real HTTP on loopback.

It keeps to what is documented of the service and knows nothing of the product that calls it.
Control it from tests and demonstrations through `local.graph.control`.
"""
