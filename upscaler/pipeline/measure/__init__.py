"""The measurements of analyse's decode pass, one module each.

Each gets every frame in turn and keeps a few numbers per frame and the last pictures, so that memory stays small over
hours of video.
"""
