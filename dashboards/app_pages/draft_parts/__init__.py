"""The parts of the self-check page: the draft that is asked about, and the sections of the answer."""
