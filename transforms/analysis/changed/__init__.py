"""What changed at a node: events, how they are found, and which is the gravest."""
