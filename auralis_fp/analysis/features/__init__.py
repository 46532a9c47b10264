"""The seven feature families."""
