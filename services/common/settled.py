"""Files that people write while programs follow them: what has just been changed may be half written."""


class Settled:
    """Tells whether what a file holds is to be followed. `followed`: what was last, good or not.

    None stands for a file that is not there.
    """

    def __init__(self, followed: bytes | None = None) -> None:
        self.followed = followed
        self._seen: bytes | None = None

    def is_new(self, content: bytes | None) -> bool:
        """Is it the same at two looks, and not what was followed last? To be asked once a look."""
        is_still, self._seen = content == self._seen, content
        return is_still and content != self.followed
