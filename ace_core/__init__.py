"""ACE: generative retrieval of pictures, sounds and clips. The package has no import side effects."""

__version__ = "0.1.0"
