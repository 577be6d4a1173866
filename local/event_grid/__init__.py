"""A stand-in for Azure Event Grid: it tells a webhook of the blobs that were written.

Storage and Event Grid are services of their own on Azure, and a host that ends changes nothing for
them. So this is no part of the host: the host has its webhook, and the storage its blobs.
"""

from local.event_grid.grid import EventGrid

__all__ = ["EventGrid"]
