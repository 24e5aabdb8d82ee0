"""The read side: named queries over the public views, with typed results. Nobody here needs FINAL or a generation."""
