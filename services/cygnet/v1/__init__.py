"""Generated from proto/cygnet/v1 by `make proto`; never edited by hand."""
