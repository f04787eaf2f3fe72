"""The service's own mailbox over IMAP."""
