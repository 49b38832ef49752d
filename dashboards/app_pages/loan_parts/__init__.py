"""The parts of the pages about loans: what is asked, what is kept, the list, its head, names, one loan."""
