"""Trains models for a game's footage: capture, harvest, degrade, train, evaluate, publish. Knows no Django."""
