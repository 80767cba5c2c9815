"""The ground: imported by every wing, imports none of them."""
