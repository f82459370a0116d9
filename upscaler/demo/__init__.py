"""The clip that comes with the app: an empty library shows its comparison. Made anew by script/make-demo."""
