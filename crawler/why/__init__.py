"""Why a story was told, or was not: the whole chain, from its source to its message."""
