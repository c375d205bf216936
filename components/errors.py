"""Every error Atelier raises on purpose.

    AtelierError
    ├── SettingsError     a setting, option or task name that cannot be used
    ├── DataError         a collection, manifest or split that cannot be used
    │   ├── ImageError        one picture that cannot be read
    │   └── ValidationFailed  a collection that did not pass the gate
    ├── WeightsError      pre-trained weights that are missing or do not fit
    ├── TrainingError     a recipe or a run that cannot go on
    ├── RegistryError     a model version or alias that is missing or refused
    ├── StorageError      a folder, disk or database file that cannot be read or written
    └── ServiceError      a server that cannot be reached or started

Each message says what was expected, what came, and how to mend it. The command line prints it and
exits with 2; the API answers it as problem+json. Passwords in a message are masked.
"""

from components.addresses import masked


class AtelierError(Exception):
    """Something a person can mend; its text tells them how."""

    def __init__(self, message: str = "") -> None:
        super().__init__(masked(message))


class SettingsError(AtelierError):
    """A setting, option or task name that cannot be used."""


class DataError(AtelierError):
    """A collection, manifest or split that cannot be used."""


class ImageError(DataError):
    """One picture that cannot be read."""


class ValidationFailed(DataError):  # noqa: N818 (it names an outcome, as Prefect's Failed does)
    """A collection that did not pass the gate; the report says why."""


class WeightsError(AtelierError):
    """Pre-trained weights that are missing or do not fit the network."""


class TrainingError(AtelierError):
    """A recipe or a run that cannot go on."""


class RegistryError(AtelierError):
    """A model version or alias that is missing or refused."""


class StorageError(AtelierError):
    """A folder, disk or database file that cannot be read or written."""


class ServiceError(AtelierError):
    """A server that cannot be reached or started."""
