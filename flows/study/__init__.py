"""A documented study as a flow: its plan, rows, reports and table."""
