"""One module per golden family. See ../golden.py."""
