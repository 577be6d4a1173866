"""Posts alert cards for runs that need attention to a webhook."""
