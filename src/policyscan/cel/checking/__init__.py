"""The rules of the checker, a module for each part of the language.

In: the tree of an expression. Out: its checked form (`ir`) with a type for every part, and the mistakes
that were found.
"""
