"""A figure carried on to a later month end, by methods that are tested on its own past."""
