"""Generated from proto/cygnet/internal/v1 by `make proto`; never edited by hand."""
