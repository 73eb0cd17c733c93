"""A made-up fortnight of a newsroom in Taiwan. Every person, organisation, address and number in it is invented."""

from inbox.demo.filler import fill, is_empty

__all__ = ["fill", "is_empty"]
