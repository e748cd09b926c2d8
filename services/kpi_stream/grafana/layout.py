"""Where panels stand."""

from grafana_foundation_sdk.models.dashboard import GridPos

COLUMNS = 24


class Grid:
    """Places panels from left to right in 24 columns, rows below each other."""

    def __init__(self) -> None:
        self._x = self._y = self._row_height = 0

    def place(self, width: int, height: int) -> GridPos:
        if self._x + width > COLUMNS:
            self.new_row()
        position = GridPos(h=height, w=width, x=self._x, y=self._y)
        self._x += width
        self._row_height = max(self._row_height, height)
        return position

    def new_row(self) -> None:
        self._x, self._y, self._row_height = 0, self._y + self._row_height, 0
