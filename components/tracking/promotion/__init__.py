"""Promotion: who becomes champion, how the aliases move, and the journal of every decision."""
