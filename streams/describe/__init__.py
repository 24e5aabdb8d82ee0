"""What the code knows about itself, as Markdown: README's generated parts, and `turnlog describe`."""
