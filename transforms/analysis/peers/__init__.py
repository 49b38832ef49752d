"""A branch beside others: groups, ranks, shrinkage, and what is not shown."""
