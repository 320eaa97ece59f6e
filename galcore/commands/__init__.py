"""The command line: one file a command, each with a ``register`` function.

Commands import heavy packages inside their functions so that ``--help`` answers at once.
"""
