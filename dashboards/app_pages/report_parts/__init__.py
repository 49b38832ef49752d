"""The sections of the reports page: units by step, the month's calendar, signing, changes since, files."""
