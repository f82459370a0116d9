"""Download of a video by URL, with yt-dlp in a separate process that can reach only the public internet."""
