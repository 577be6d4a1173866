"""A durable engine on SQLite that speaks the Durable extension's protocol with the real SDK."""

from local.durable.engine import DurableEngine
from local.durable.model import EngineEvent, HubOptions

__all__ = ["DurableEngine", "EngineEvent", "HubOptions"]
