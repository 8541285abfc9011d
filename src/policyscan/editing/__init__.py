"""Editing: changes to inventories in the files that they stand in, of which every other character stays.

In: trees with places, and the values that they shall have. Out: texts, checked by reading them again, and
files that are written whole or not at all.
"""
