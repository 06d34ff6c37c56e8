"""Emotion scores."""

import json
from operator import itemgetter

from emulator.apis.evi.chat.prosody import EMOTIONS, fill_scores
from emulator.jsontext import read, render


def test_all_48_emotions_have_a_score() -> None:
    """Those named keep their score, the others are faint, and the same every time."""
    scores = fill_scores({"Joy": 0.7}, "chat", 1).to_dict()

    assert tuple(scores) == EMOTIONS
    assert len(set(EMOTIONS)) == 48
    assert scores["Joy"] == 0.7
    assert all(0 <= score < 0.1 for name, score in scores.items() if name != "Joy")
    assert scores == fill_scores({"Joy": 0.7}, "chat", 1).to_dict()
    assert scores != fill_scores({"Joy": 0.7}, "chat", 2).to_dict()


def test_a_frame_and_an_event_show_the_same_scores() -> None:
    """The event has them as JSON text, with a space after each colon and comma."""
    scores = fill_scores({"Admiration": 1, "Joy": 0.7, "Triumph": 1e-7}, "chat", 1)
    frame, features = map(read, map(render, (scores.to_json(), scores.to_features())))

    assert frame == scores.to_dict()
    assert itemgetter("Admiration", "Joy", "Triumph")(frame) == (1, 0.7, 1e-7)
    assert features == json.dumps(frame).replace("1e-07", "1e-7")
