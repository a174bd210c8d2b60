"""The flow: one function per step, settings, the command line."""

__version__ = "0.2.0.dev0"
