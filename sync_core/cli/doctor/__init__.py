"""`sis-sync doctor`: check a deployment step by step."""
