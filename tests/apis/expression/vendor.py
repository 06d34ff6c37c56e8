"""The vendor's client, whose import makes warnings."""

import warnings

with warnings.catch_warnings():  # it imports what websockets means to remove
    warnings.simplefilter("ignore", DeprecationWarning)
    from hume_expression_measurement import (
        AsyncExpressionMeasurementClient,
        AudioFileConfig,
        AudioMeasurementResult,
        AudioSessionClosed,
        AudioSessionCreated,
        AudioSessionUpdate,
        AudioSessionUpdated,
        Error,
        ExpressionMeasurementClient,
        ExpressionMeasurementClientEnvironment,
        FaceConfigUpdate,
        SessionClose,
        UtteranceEnd,
        UtteranceStart,
        VideoFileConfig,
        VideoFileConfigFace,
        VideoMeasurementResult,
        VideoSessionClosed,
        VideoSessionCreated,
        VideoSessionUpdate,
        VideoSessionUpdated,
    )
    from hume_expression_measurement.core.api_error import ApiError
    from hume_expression_measurement.reconnect import _policy, reconnecting
    from hume_expression_measurement.video_helpers import (
        JpegSplitter,
        SessionEndedError,
        VideoFrame,
        stream_video,
    )

__all__ = (
    "ApiError",
    "AsyncExpressionMeasurementClient",
    "AudioFileConfig",
    "AudioMeasurementResult",
    "AudioSessionClosed",
    "AudioSessionCreated",
    "AudioSessionUpdate",
    "AudioSessionUpdated",
    "Error",
    "ExpressionMeasurementClient",
    "ExpressionMeasurementClientEnvironment",
    "FaceConfigUpdate",
    "JpegSplitter",
    "SessionClose",
    "SessionEndedError",
    "UtteranceEnd",
    "UtteranceStart",
    "VideoFileConfig",
    "VideoFileConfigFace",
    "VideoFrame",
    "VideoMeasurementResult",
    "VideoSessionClosed",
    "VideoSessionCreated",
    "VideoSessionUpdate",
    "VideoSessionUpdated",
    "_policy",
    "reconnecting",
    "stream_video",
)
