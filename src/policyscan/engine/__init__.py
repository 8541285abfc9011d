"""Evaluation: checked policies and linked documents to a report.

In: a `Plan` and documents. Out: results, each proved, and the `Report` that they make up.
"""
