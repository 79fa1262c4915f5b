"""Tables to try twin on: a real one that ships with it, and a simulator with a known truth."""

from twin.datasets.clinic import Clinic, PlantedSecret, make_clinic
from twin.datasets.rand_hie import RAND_HIE_SUBJECT, load_rand_hie

__all__ = ["RAND_HIE_SUBJECT", "Clinic", "PlantedSecret", "load_rand_hie", "make_clinic"]
