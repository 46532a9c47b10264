"""Shapes of requests and answers, as published."""
