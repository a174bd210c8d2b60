"""The flow: one function per step, settings, the command line."""
