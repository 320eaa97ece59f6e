"""Contours of what the model looks at, on the galaxy page."""

import base64
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from galcore.types import Campaign, EventKind, GalcoreError, LabelEvent
from galcore.web.restore.hot_pixels import contour_svg, hot_pixel_address, score_direction

CAMPAIGN = Campaign("c", "C", "Spiral?", ("spiral", "other"), grid_rows=2, grid_columns=2)


def answer(galaxy_id, answer_given, number):
    return LabelEvent(
        event_id=f"e{number}",
        campaign_id="c",
        galaxy_id=galaxy_id,
        annotator="Vera",
        answer=answer_given,
        kind=EventKind.LABEL,
    )


def test_contours_are_well_formed_and_close_at_the_edge():
    heat = np.zeros((40, 60))
    heat[:20, :20] = 1
    root = ET.fromstring(contour_svg(heat))

    assert root.attrib["viewBox"] == "0 0 60 40"
    assert len(root) == 3
    assert all(path.attrib["d"].endswith("Z") for path in root)


def test_a_galaxy_of_a_prepared_workspace_has_contours(sky):
    address = hot_pixel_address(sky, str(sky.catalog["galaxy_id"].iloc[0]))

    svg = base64.b64decode(address.removeprefix("data:image/svg+xml;base64,")).decode()
    assert "<path" in svg
    assert hot_pixel_address(sky, str(sky.catalog["galaxy_id"].iloc[0])) is address


def test_the_direction_of_a_score_ranks_galaxies_as_the_score_does(sky):
    sky.labels.create_campaign(CAMPAIGN)
    with pytest.raises(GalcoreError, match="no scores yet"):
        score_direction(sky, "c")
    ids = sky.embeddings().galaxy_ids.tolist()
    sky.labels.append([answer(ids[n], "spiral" if n % 2 else "other", n) for n in range(16)])

    direction = score_direction(sky, "c")

    vectors = sky.embeddings().vectors()
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = sky.loop("c").probabilities()[1][:, 0]
    assert np.corrcoef(np.argsort(np.argsort(unit @ direction)), np.argsort(np.argsort(scores)))[0, 1] > 0.95
    assert hot_pixel_address(sky, ids[0], campaign_id="c") != hot_pixel_address(sky, ids[0])
