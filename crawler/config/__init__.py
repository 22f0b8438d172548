"""How config.yaml becomes a Config."""

from crawler.config.loader import load
from crawler.config.model import Config

__all__ = ["Config", "load"]
