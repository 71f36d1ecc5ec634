"""Patients that go by two names in public, wherever a name is read."""

from collections.abc import Mapping

ALIASES: Mapping[str, str] = {"L097": "L096"}
"""Another name -> the patient. The text of the perceptual influence paper calls L096 by mistake
L097, and copies of the challenge follow it."""
