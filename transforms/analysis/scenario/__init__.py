"""Actions put to a book in memory: loans lent, run off, turned bad, cured, written off."""
