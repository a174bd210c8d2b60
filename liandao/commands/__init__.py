"""The commands of ``liandao``, one module each."""
