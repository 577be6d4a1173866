"""The orchestrators, and the messages between orchestrators and activities."""
