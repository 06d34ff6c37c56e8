"""Emotion scores."""

import json

from emulator.apis.evi.chat.prosody import EMOTIONS, emotion_features, fill_scores


def test_all_48_emotions_have_a_score() -> None:
    """Those named keep their score, the others are faint, and the same every time."""
    scores = fill_scores({"Joy": 0.7}, "chat", 1)

    assert tuple(scores) == EMOTIONS
    assert len(set(EMOTIONS)) == 48
    assert scores["Joy"] == 0.7
    assert all(0 <= score < 0.1 for name, score in scores.items() if name != "Joy")
    assert scores == fill_scores({"Joy": 0.7}, "chat", 1) != fill_scores({"Joy": 0.7}, "chat", 2)
    assert json.loads(emotion_features(scores)) == scores
