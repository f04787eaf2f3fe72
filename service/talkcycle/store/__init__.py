"""Tables, migrations, outbox: the only SQL."""
