import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from galcore.simulate.sample import simulate


def handedness(image):
    """Log ratio of two- and three-armed power winding one way and the other, in (ln r, azimuth)."""
    centre = np.array(image.shape) / 2 - 0.5
    azimuth = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    r = np.exp(np.linspace(np.log(4), np.log(0.3 * image.shape[0]), 48))[:, None]
    at = [centre[0] - r * np.sin(azimuth), centre[1] + r * np.cos(azimuth)]
    polar = map_coordinates(gaussian_filter(image.astype(float), 1), at, order=1)
    polar = polar - polar.mean(1, keepdims=True)
    power = np.abs(np.fft.fft2(polar * np.hanning(48)[:, None])) ** 2
    return np.log(power[1:10, 2:4].sum() / power[-9:, 2:4].sum())


@pytest.mark.parametrize(("winding", "sign"), [("cw", -1), ("acw", 1)])
def test_arms_wind_the_way_their_name_says(winding, sign):
    # the sign is the one that stamps of Galaxy Zoo 1 give under its "clockwise" and "anticlockwise"
    simulated = simulate(120, seed=2, classes=["spiral"])
    chosen = simulated.rgb[(simulated.truth.arm_winding == winding).to_numpy()]
    assert sign * np.mean([handedness(stamp.mean(-1)) for stamp in chosen]) > 0.2
