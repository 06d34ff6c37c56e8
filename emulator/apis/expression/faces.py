"""Measures images: which faces they show, and what the largest two express.

The rules are those of docs/protocol.md#how-images-are-measured. No pixel is looked at: without a
script, each image shows one face in its middle (docs/fidelity.md#faces-in-measured-images).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from emulator.apis.expression.configuration import FaceSettings
from emulator.apis.expression.scores import DESCRIPTION, FACE, in_order, seeded
from emulator.apis.expression.script import MeasurementScript, ScriptedFace
from emulator.ids import derived_random
from emulator.jsontext import JsonObject

MOST_MEASURED = 2
MOST_LISTED = 32
MOST_REMEMBERED = 32
_SAME = 0.3  # share of two boxes that overlaps, from which they are of one face
_SIZE = 0.4  # of a made-up face: its share of the image's shorter side
_CONFIDENCE = (0.95, 0.999)  # of made-up faces

Size: TypeAlias = tuple[int, int]  # width and height in pixels
Box: TypeAlias = tuple[float, float, float, float]  # x0, y0, x1, y1 in pixels


@dataclass(frozen=True, slots=True)
class _Seen:
    """A face that the detector finds."""

    box: Box
    confidence: float
    line: ScriptedFace | None

    @property
    def area(self) -> float:
        return _area(self.box)

    @property
    def shorter_side(self) -> float:
        x0, y0, x1, y1 = self.box
        return min(x1 - x0, y1 - y0)


class FaceMemory:
    """The faces that were measured of late, by their ids, so that a face keeps its id."""

    def __init__(self, next_id: int = 0, boxes: Iterable[tuple[int, Box]] = ()) -> None:
        self._next_id = next_id
        self._boxes: dict[int, Box] = dict(boxes)  # the one seen last is at the end

    def identify(self, boxes: Sequence[Box]) -> Iterator[int]:
        """Yield the id of each face of one image: of a known one that overlaps it, or a new one."""
        taken = set[int]()
        for box in boxes:
            id = self._known(box, taken)
            if id is None:
                id, self._next_id = self._next_id, self._next_id + 1
            taken.add(id)
            self._boxes.pop(id, None)
            self._boxes[id] = box
            if len(self._boxes) > MOST_REMEMBERED:
                del self._boxes[next(iter(self._boxes))]
            yield id

    def _known(self, box: Box, taken: set[int]) -> int | None:
        """Return the id of the remembered face that the box overlaps most, if it does enough."""
        shares = {id: _overlap(box, other) for id, other in self._boxes.items() if id not in taken}
        id = max(shares, key=lambda each: (shares[each], -each), default=None)
        return None if id is None or shares[id] < _SAME else id

    def to_json(self) -> JsonObject:
        """Return what is remembered, for `from_json`."""
        return {"next_id": self._next_id, "boxes": [[id, *box] for id, box in self._boxes.items()]}

    @classmethod
    def from_json(cls, content: JsonObject) -> "FaceMemory":
        """Return what `to_json` returned. The content must be the emulator's own."""
        boxes = ((int(id), (x0, y0, x1, y1)) for id, x0, y0, x1, y1 in content["boxes"])
        return cls(content["next_id"], boxes)


class FaceMeasurer:
    """Measures the images of one session, or of one request, in their order."""

    def __init__(
        self,
        settings: FaceSettings,
        script: MeasurementScript,
        seed: str,
        memory: FaceMemory | None = None,
    ) -> None:
        self._settings = settings
        self._script = script
        self._seed = seed
        self.memory = memory or FaceMemory()
        self.measured = 0  # faces, in all images

    def measure(self, number: int, size: Size) -> list[JsonObject]:
        """Return the faces of an image as results list them; `number` counts images from 0."""
        seen = sorted(self._find(number, size), key=lambda face: -face.area)
        measured, others = seen[:MOST_MEASURED], seen[MOST_MEASURED:]
        others.sort(key=lambda face: -face.confidence)
        self.measured += len(measured)
        ids = self.memory.identify([face.box for face in measured])
        listed = [self._measured(face, id, number) for face, id in zip(measured, ids, strict=True)]
        return [*listed, *map(_unmeasured, others[: MOST_LISTED - len(listed)])]

    def _find(self, number: int, size: Size) -> Iterator[_Seen]:
        """Yield the faces in an image that are certain and large enough."""
        for face in self._faces(number, size):
            is_certain = face.confidence >= self._settings.threshold
            if is_certain and face.shorter_side >= self._settings.min_size:
                yield face

    def _faces(self, number: int, size: Size) -> Iterator[_Seen]:
        if self._script.faces is None:
            yield self._made_up(number, size)
            return
        for line in self._script.faces:
            box = _within(line.box, size)
            if line.frames.has(number) and box is not None:
                yield _Seen(box, line.confidence, line)

    def _made_up(self, number: int, size: Size) -> _Seen:
        width, height = size
        half = min(size) * _SIZE / 2
        box = (width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half)
        confidence = derived_random("face", self._seed, number).uniform(*_CONFIDENCE)
        return _Seen(box, round(confidence, 4), None)

    def _measured(self, face: _Seen, id: int, number: int) -> JsonObject:
        line = face.line
        expressions = None if line is None else line.expressions
        descriptions = None if line is None else line.descriptions
        if expressions is None:
            expressions_json = seeded(FACE, self._seed, id, number)
        else:
            expressions_json = in_order(expressions)
        if descriptions is None:
            descriptions_json = seeded(DESCRIPTION, self._seed, id, number)
        else:
            descriptions_json = in_order(descriptions)
        return _to_json(face, id, expressions_json, descriptions_json)


def _unmeasured(face: _Seen) -> JsonObject:
    return _to_json(face, None, None, None)


def _to_json(
    face: _Seen,
    id: int | None,
    expressions: list[JsonObject] | None,
    descriptions: list[JsonObject] | None,
) -> JsonObject:
    return {
        "face_id": id,
        "bbox": [round(each, 1) for each in face.box],
        "confidence": face.confidence,
        "expressions": expressions,
        "descriptions": descriptions,
    }


def _within(box: Box, size: Size) -> Box | None:
    """Return the part of a box that lies in the image, or None if there is none."""
    width, height = size
    x0, y0, x1, y1 = box
    inside = min(x0, width), min(y0, height), min(x1, width), min(y1, height)
    return inside if inside[0] < inside[2] and inside[1] < inside[3] else None


def _overlap(one: Box, other: Box) -> float:
    """Return how much of two boxes together they share, from 0 to 1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0
    shared = width * height
    return shared / (_area(one) + _area(other) - shared)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
