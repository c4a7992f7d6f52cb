"""How the control API says that it cannot do something."""


class ControlRefused(Exception):
    """The control API cannot do that; `status` says why in HTTP's words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
