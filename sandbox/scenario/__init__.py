"""Scenarios as files: what they may say, how they are read, and what is wrong with them."""

from sandbox.scenario.lint import lint
from sandbox.scenario.read import load_scenario, locate, parse_scenario
from sandbox.scenario.schema import Scenario
from sandbox.scenario.source import ScenarioError

__all__ = ["Scenario", "ScenarioError", "lint", "load_scenario", "locate", "parse_scenario"]
