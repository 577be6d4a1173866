"""The vocabulary as types: errors, outcomes, messages, feeds and settings, result documents."""
