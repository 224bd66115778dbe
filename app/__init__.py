"""The page: what a visitor sees. It asks `ace_core.engine.Engine` and draws `ace_core.results`; it holds no model code."""
