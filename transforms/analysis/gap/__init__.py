"""What closes a gap: ways, their exact amounts, and what they do to a figure."""
