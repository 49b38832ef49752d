"""The sections of the data-quality page: each shows one of them for a unit, and counts what is in it."""
