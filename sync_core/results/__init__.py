"""What a run leaves behind: documents, the event about them, and where they are kept."""
