"""Simulated galaxies with known truth: population, rendering, survey noise, colour stamps.

Import what you need from its module (torch is loaded there, not here)::

    from galcore.simulate.sample import simulate
    from galcore.simulate.population import draw_parameters
    from galcore.simulate.render import render
"""
