"""The version of policyscan: a module of its own, so that what names it imports nothing else.

In: nothing. Out: `__version__`.
"""

__version__ = "0.1.0"
