"""talkcycle runs an organisation's employee talks from the calendars and mailboxes people already have."""

__version__ = "0.1.0"
