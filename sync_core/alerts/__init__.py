"""Cards about runs that need somebody, posted to a webhook."""
