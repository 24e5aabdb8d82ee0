"""What an operator does, apart from the flow."""
