"""The containers and codecs that ffmpeg may open. Everything else is refused.

Demuxers that follow names (hls, concat, dash, image2, tee) would read other files on this server,
so none is allowed. Decoders that game clips of the time didn't use are left out too: each is a parser
of untrusted bytes.
"""

from __future__ import annotations

CONTAINERS = (
    "asf,avi,bink,dv,flv,h261,h263,h264,hevc,ivf,m4v,matroska,mov,mpeg,mpegts,mpegvideo,nut,ogg,rm,smk,vc1,"
    "srt,ass"  # subtitles within an AVI
)

VIDEO_CODECS = (
    "mpeg4,msmpeg4v1,msmpeg4v2,msmpeg4,wmv1,wmv2,wmv3,wmv3image,vc1,vc1image,mss1,mss2,flv,flashsv,flashsv2,"
    "vp3,vp5,vp6,vp6a,vp6f,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,theora,h261,h263,h263i,h263p,h264,hevc,"
    "mpeg1video,mpeg2video,mpegvideo,svq1,svq3,cinepak,indeo2,indeo3,indeo4,indeo5,rv10,rv20,rv30,rv40,"
    "mjpeg,mjpegb,dvvideo,huffyuv,ffvhuff,ffv1,utvideo,lagarith,fraps,rawvideo,qtrle,rpza,smc,8bps,msvideo1,"
    "msrle,tscc,tscc2,camstudio,cscd,zmbv,bink,binkvideo,smackvid,prores,dnxhd,v210,vble,magicyuv,camtasia"
)

AUDIO_CODECS = (
    "mp1,mp1float,mp2,mp2float,mp3,mp3float,aac,aac_fixed,aac_latm,ac3,ac3_fixed,eac3,dca,wmav1,wmav2,wmapro,"
    "wmavoice,wmalossless,vorbis,libvorbis,opus,libopus,flac,alac,tta,wavpack,pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,"
    "pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_alaw,pcm_mulaw,pcm_dvd,pcm_bluray,"
    "adpcm_ima_wav,adpcm_ima_qt,adpcm_ms,adpcm_swf,adpcm_yamaha,adpcm_ima_dk3,adpcm_ima_dk4,amrnb,amrwb,"
    "libopencore_amrnb,libopencore_amrwb,cook,sipr,real_144,real_288,ralf,speex,libspeex,qdm2,qdmc,nellymoser,"
    "mace3,mace6,gsm,gsm_ms,libgsm,libgsm_ms,truespeech,binkaudio_dct,binkaudio_rdft,smackaud,atrac3,atrac3p,"
    "msnsiren,dvaudio"
)

OTHER_CODECS = "ass,ssa,srt,subrip,mov_text,webvtt,text,dvdsub,dvbsub,pgssub,xsub,cc_dec,png,bmp"
"""Subtitles and cover pictures: never decoded, but ffprobe rejects a whole file for one that it may not open."""

CODECS = f"{VIDEO_CODECS},{AUDIO_CODECS},{OTHER_CODECS}"
