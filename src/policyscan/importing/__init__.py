"""Importing: what other tools export, as facts of inventories.

In: exports as they were saved, and the values of an inventory to change. Out: these values brought up to
date, the evidence for them, and an account of every row that was not used.
"""
