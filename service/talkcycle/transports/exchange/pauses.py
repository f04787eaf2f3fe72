"""How long a server, or one mailbox of it, is left alone after a failure that mends itself, or that people mend."""

from datetime import timedelta

MISCONFIGURED_PAUSE = timedelta(minutes=10)
"""Somebody has to change a setting or a certificate."""
DENIED_PAUSE = timedelta(hours=1)
"""An administrator has to grant a right; Exchange notices within that time."""
MOVING_PAUSE = timedelta(minutes=30)
"""A mailbox is being moved to another server, at its end locked for minutes."""
