"""What an event or the sweep timer leads to: a feed is started, or left running."""
