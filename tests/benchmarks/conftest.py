from tests.evaluate.conftest import board

__all__ = ["board"]
