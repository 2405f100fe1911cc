"""Call trees, events and call graphs as text."""
