"""A documented study as a flow: its order, rows, reports and table."""
