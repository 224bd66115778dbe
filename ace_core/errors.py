"""One exception type per layer; each message names the thing, what was wrong and what to do."""


class AceError(Exception):
    """Base of every error a user can cause; the command line and the page print it as one sentence."""


class MediaError(AceError):
    """A picture, sound or clip that cannot be decoded, or is over a limit. Names the file."""


class CollectionError(AceError):
    """A manifest or a published data set that is not as it should be. Names line and field."""


class BundleError(AceError):
    """A bundle with something missing, changed, or from another version. Names the file."""


class QueryError(AceError):
    """A query that cannot be answered as asked (empty, too long, unknown modality or prefix)."""


class ConfigError(AceError):
    """A configuration with an unknown or impossible value. Names the field."""


class TrainingError(AceError):
    """A training stage that cannot start or go on (a loss that is not finite, no pairs)."""
