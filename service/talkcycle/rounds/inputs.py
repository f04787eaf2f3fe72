"""Read HR's files together, so that every fault in any of them is reported at once."""
