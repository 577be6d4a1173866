"""A stand-in for Azure Event Grid: sends an event to a webhook for each blob that was written.

It is separate from the host, because on Azure storage and Event Grid keep running when a host ends.
"""

from local.event_grid.grid import EventGrid

__all__ = ["EventGrid"]
