"""Reports that are signed and go out: filled, checked, approved, released, rendered, planned and sent."""
