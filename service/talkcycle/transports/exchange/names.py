"""What exchangelib calls our own properties, in items and in restrictions."""

ENTRY, ORDER = "talkcycle_entry", "talkcycle_order"
