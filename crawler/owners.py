"""Whether the three packages are really ours: their names are common, and pip lets a stranger overwrite them."""

from __future__ import annotations

from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING

from alerts.errors import TocsinError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PACKAGES = ("crawler", "spiders", "alerts")


class ForeignPackageError(TocsinError):
    """Another distribution owns one of Tocsin's packages."""


def foreign_owners(owners: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return, for each of our packages, the distributions other than Tocsin that claim it.

    ``owners`` is what ``importlib.metadata.packages_distributions`` returns. An editable install of
    Tocsin does not appear there, so the question is who else does.
    """
    found = {name: sorted(set(owners.get(name, ())) - {"tocsin"}) for name in PACKAGES}
    return {name: others for name, others in found.items() if others}


def refuse_strangers() -> None:
    """Raise ForeignPackageError when another distribution owns ``crawler``, ``spiders`` or ``alerts``."""
    for name, others in foreign_owners(packages_distributions()).items():
        listed = " and ".join(f'"{other}"' for other in others)
        raise ForeignPackageError(
            f"the installed package {listed} also owns the folder {name}/, so files of Tocsin may have been "
            f"replaced. Install Tocsin in an environment of its own: pipx install tocsin"
        )
