"""The runner behind `policyscan test`: cases in YAML, run by the scan's own engine.

In: packs with their test files. Out: which cases do not hold, and what no case shows.
"""
