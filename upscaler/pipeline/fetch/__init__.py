"""A video from its address, by yt-dlp in a process of its own that can reach nothing but the public internet."""
