"""Tracing: a checked expression evaluated step by step, with the value and the place of every part.

In: the checked form (`ir`), the clock and the values of the names. Out: a tree of steps with what each read
and lacked.
"""
