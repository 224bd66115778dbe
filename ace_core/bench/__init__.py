"""Measurements of speed: the search against its rivals, and the parts apart. `python -m ace_core bench`.

A measurement is a function `measure(options, setting, tell)` that gives back a frozen dataclass. `tell` is given one
sentence before every step; an exception raised in it stops the measurement, which is how a page cancels one.
"""
