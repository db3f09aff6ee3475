"""Who may add a drawing, and what makes two submissions the same one."""
