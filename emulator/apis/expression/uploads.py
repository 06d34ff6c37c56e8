"""Measures what is uploaded: a recording, or images (docs/protocol.md#uploads-of-media).

What is wrong with media or configuration is found before a run begins, so a refused request leaves
none; one whose measurement fails leaves a run that is billed nothing.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from emulator.api import Call, Handler, UploadedFile
from emulator.apis.expression.configuration import (
    AudioSettings,
    ConfigProblem,
    FaceSettings,
    read_audio_config,
    read_face,
)
from emulator.apis.expression.errors import CONFIG, FACE_FIELDS, VIDEO_FIELDS, request_error
from emulator.apis.expression.face_state import read_face_state, write_face_state
from emulator.apis.expression.findings import judge_file
from emulator.apis.expression.measuring import (
    MeasurementFailed,
    measure_audio_file,
    measure_images,
)
from emulator.apis.expression.media import MediaProblem, check_image, read_audio
from emulator.apis.expression.run import AUDIO, ERRORED, FILE, FRAME_S, VIDEO, Run
from emulator.apis.expression.scores import seed_of
from emulator.apis.expression.state import ExpressionState, begin_run
from emulator.contract.findings import MOST_AT_ONCE
from emulator.errors import Loc, Problem, ValidationFailed
from emulator.jsontext import JsonObject, render
from emulator.openapi.strictness import EXTRA, EXTRA_MESSAGE, MOST_REFUSED
from emulator.reply import Reply

M = TypeVar("M")


async def measure_audio(call: Call) -> Reply:
    """Answer with every measurement of a recording. Raises ApiError."""
    file: UploadedFile = call.body["file"]
    settings = _audio_settings(call)
    call.findings.extend(judge_file(file, AUDIO, ("body", "file")))
    pcm = await asyncio.to_thread(_checked, partial(read_audio, file.content))
    run = begin_run(call.world, AUDIO, FILE, settings.to_json())
    script = call.world.state(ExpressionState).script
    seed = seed_of(call.settings, AUDIO)  # a session has the same results
    measured = await _measure(call, run, lambda: measure_audio_file(pcm, settings, script, seed))
    seconds = measured.duration_ms / 1000
    _end(call, run, len(file.content), seconds)
    return _answer(call, run, measured.to_json())


async def measure_video(call: Call) -> Reply:
    """Answer with a result for each image. Raises ApiError."""
    files: Sequence[UploadedFile] = call.body["file"]
    config = call.body.get("config") or {}
    settings = _face_settings(config)
    for index, file in enumerate(files[:MOST_AT_ONCE]):
        call.findings.extend(judge_file(file, VIDEO, ("body", "file", index)))
    sizes = [
        _checked(partial(check_image, file.content), f"Image {index}: ")
        for index, file in enumerate(files)
    ]
    known = read_face_state(call.world, config.get("face_state"))
    run = begin_run(call.world, VIDEO, FILE, settings.to_json())
    script = call.world.state(ExpressionState).script
    measured = await _measure(
        call, run, lambda: measure_images(sizes, settings, script, _seed(call, files), known)
    )
    _end(call, run, sum(len(file.content) for file in files), len(files) * FRAME_S)
    answer = measured.to_json()
    if (config.get("face") or {}).get("return_face_state"):
        answer["face_state"] = write_face_state(call.world, measured.memory)
    return _answer(call, run, answer)


def _audio_settings(call: Call) -> AudioSettings:
    try:
        return read_audio_config(call.body.get("config"))
    except ConfigProblem as problem:
        raise request_error("config_invalid", f"{problem}") from None


def _face_settings(config: JsonObject) -> FaceSettings:
    """Return the settings of a configuration, whose fields the document leaves open."""
    face = dict(config.get("face") or {})
    _refuse_unknown(config, VIDEO_FIELDS, CONFIG)
    _refuse_unknown(face, FACE_FIELDS, (*CONFIG, "face"))
    face.pop("return_face_state", None)
    try:
        return read_face(face, ("threshold", "min_size"))
    except ConfigProblem as problem:
        raise request_error("config_invalid", f"{problem}") from None


def _refuse_unknown(given: JsonObject, known: Sequence[str], loc: Loc) -> None:
    """Raise ValidationFailed for fields that the object does not have."""
    unknown = [name for name in given if name not in known]
    if unknown:
        raise ValidationFailed(
            [Problem((*loc, name), EXTRA_MESSAGE, EXTRA) for name in unknown[:MOST_REFUSED]]
        )


def _checked(read: Callable[[], M], place: str = "") -> M:
    """Return what is read of media. Raises ApiError if it can't be."""
    try:
        return read()
    except MediaProblem as problem:
        raise request_error(problem.code, f"{place}{problem}") from None


def _seed(call: Call, files: Sequence[UploadedFile]) -> str:
    """Return what the scores of images follow from: these images, whenever they come."""
    digest = hashlib.blake2b(digest_size=16)
    for file in files:
        digest.update(len(file.content).to_bytes(8, "big"))
        digest.update(file.content)
    return f"{seed_of(call.settings, VIDEO)}/{digest.hexdigest()}"


async def _measure(call: Call, run: Run, measure: Callable[[], M]) -> M:
    """Measure in a thread, since a long recording takes a while. Raises ApiError."""
    with call.world.working(f"run {run.run_id}"):
        try:
            return await asyncio.to_thread(measure)
        except MeasurementFailed:
            run.end(call.world.clock.now_ms(), status=ERRORED)
            raise request_error("internal_error", "The measurement has failed.") from None
        except BaseException:
            run.end(call.world.clock.now_ms(), status=ERRORED)
            raise


def _end(call: Call, run: Run, size: int, seconds: float) -> None:
    now_ms = call.world.clock.now_ms()
    run.take(size, seconds, now_ms)
    run.end(now_ms)


def _answer(call: Call, run: Run, measured: JsonObject) -> Reply:
    ids = {"request_id": call.world.ids.uuid(), "run_id": run.run_id}
    return Reply(render({**ids, **measured}))


UPLOADS: Mapping[str, Handler] = {"audio-measure": measure_audio, "video-measure": measure_video}
