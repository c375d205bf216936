"""A documented study as a flow: its study_plan, rows, reports and table."""
