"""The clip that comes with the app: an empty library shows its comparison. script/make-demo makes it again."""
