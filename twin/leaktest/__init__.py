"""The leak test: canaries that too few people hold are planted, and looked for in all that a twin gives."""

from twin.leaktest.result import Canary, Finding, LeakTest
from twin.leaktest.run import leak_test

__all__ = ["Canary", "Finding", "LeakTest", "leak_test"]
