"""What the one decode pass of analyse looks at, a room for each measurement.

Each is shown every frame's luma in turn and keeps a few numbers a frame, never pictures but the last ones: memory
is flat over hours of video, but for those numbers.
"""
