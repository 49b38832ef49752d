"""The sections of the catalogue page, one a module."""
