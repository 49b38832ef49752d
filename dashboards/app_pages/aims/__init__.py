"""The sections of the targets page: what holds, what waits, entering one, and whether they add up."""
