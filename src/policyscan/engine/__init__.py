"""Evaluation: checked policies and linked documents to a report."""
