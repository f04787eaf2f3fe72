"""The tick: what is due, dispatch, digests, housekeeping."""
