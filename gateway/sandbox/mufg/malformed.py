"""How a document says that it is none of the profile's."""


class Malformed(ValueError):
    """The bytes are no message of the profile; the text says where, and quotes no value.

    `message_id` is the document's own, "" where it could not be read.
    """

    def __init__(self, message: str, message_id: str = "") -> None:
        super().__init__(message)
        self.message_id = message_id
