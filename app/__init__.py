"""The page that a visitor sees. It asks `ace_core.engine.Engine` and draws `ace_core.results`; no model code."""
