"""Where calls come from: counted for the organisers, who can end a client's flood."""
