"""Compiling: a checked expression to a Python function.

In: the checked form (`ir`). Out: a function of the clock and the values of the names, which gives a value
or raises Missing, Absent or Fault.
"""
