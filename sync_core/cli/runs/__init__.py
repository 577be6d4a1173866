"""What operators do with runs: deliver, show, decide, redeliver."""
