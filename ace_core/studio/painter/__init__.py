"""The drawing toolkit."""

from ace_core.studio.painter import animals, buildings, plants, things, vehicles
from ace_core.studio.painter.ink import COLOURS, document
from ace_core.studio.painter.kinds import KINDS, Kind, Mood, place, sprite
from ace_core.studio.painter.light import SEASONS, TIMES, WEATHERS, Light, light
from ace_core.studio.painter.sky import sky, weather_overlay

__all__ = ["COLOURS", "KINDS", "SEASONS", "TIMES", "WEATHERS", "Kind", "Light", "Mood", "document", "light", "place", "sky", "sprite", "weather_overlay"]
