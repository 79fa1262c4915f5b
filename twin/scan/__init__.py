"""What in a table could identify someone, and what is missing, before anything is fitted."""

from twin.scan.document import Scan
from twin.scan.finding import ColumnFacts, Finding, ScanFacts, Uniqueness
from twin.scan.run import scan

__all__ = ["ColumnFacts", "Finding", "Scan", "ScanFacts", "Uniqueness", "scan"]
