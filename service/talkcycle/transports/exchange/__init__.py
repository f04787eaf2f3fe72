"""Exchange on-premises, by Exchange Web Services."""
