"""Exchange Online through Microsoft Graph."""
