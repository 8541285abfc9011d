"""Tracing: a checked expression evaluated step by step, with the value and the place of every part."""
