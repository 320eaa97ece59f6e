import numpy as np
import pandas as pd
import pytest

from galcore.simulate.population import KINDS, draw_parameters
from galcore.simulate.render import render
from galcore.simulate.sample import simulate
from galcore.simulate.surveys import SURVEYS, survey
from galcore.types import GalcoreError


def test_the_same_seed_gives_the_same_galaxies():
    first, second = simulate(6, seed=4, size_px=64), simulate(6, seed=4, size_px=64)
    np.testing.assert_array_equal(first.flux, second.flux)
    np.testing.assert_array_equal(first.rgb, second.rgb)
    pd.testing.assert_frame_equal(first.truth, second.truth)


def test_another_seed_gives_other_galaxies():
    assert not np.array_equal(simulate(3, seed=1, size_px=64).rgb, simulate(3, seed=2, size_px=64).rgb)


def test_a_stamp_does_not_depend_on_the_batch_it_is_in():
    truth = draw_parameters(11, survey="SDSS", seed=9, size_px=64)
    together = render(truth, survey="SDSS", seed=9, size_px=64)
    alone = render(truth.iloc[[10]], survey="SDSS", seed=9, size_px=64)
    np.testing.assert_allclose(together[10:], alone, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_finite_and_non_negative_without_noise(kind):
    truth = draw_parameters(12, survey="SDSS", seed=3, size_px=64, classes=[kind])
    flux = render(truth, survey="SDSS", seed=3, size_px=64, noise=False)
    assert flux.isfinite().all()
    assert flux.min() >= 0
    assert flux.amax((1, 2, 3)).min() > 0


@pytest.mark.parametrize("name", SURVEYS)
def test_every_survey_renders(name):
    simulated = simulate(4, survey=name, seed=2, size_px=64)
    assert np.isfinite(simulated.flux).all()
    assert simulated.rgb.std() > 2


def test_an_unknown_survey_lists_the_known_ones():
    with pytest.raises(GalcoreError, match="SDSS, DECaLS, HSC, CSST, Euclid"):
        survey("sloan")


def test_an_unknown_class_is_named():
    with pytest.raises(GalcoreError, match="quasar"):
        draw_parameters(3, survey="SDSS", seed=0, classes=["quasar"])


@pytest.mark.parametrize("size_px", [32, 45, 88, 255])
def test_stamps_may_have_any_size(size_px):
    assert simulate(3, seed=1, size_px=size_px).flux.shape == (3, 3, size_px, size_px)


def test_colour_stamps_do_not_need_their_flux_kept():
    kept, dropped = simulate(3, seed=1, size_px=48), simulate(3, seed=1, size_px=48, keep_flux=False)
    np.testing.assert_array_equal(kept.rgb, dropped.rgb)
    assert len(dropped.flux) == 0


def test_varied_displays_change_the_colours_but_not_the_flux():
    plain, varied = simulate(6, seed=1, size_px=48), simulate(6, seed=1, size_px=48, vary_display=True)
    np.testing.assert_array_equal(plain.flux, varied.flux)
    assert not np.array_equal(plain.rgb, varied.rgb)


def test_neighbours_come_on_top_of_the_galaxy():
    truth = draw_parameters(8, survey="SDSS", seed=2, size_px=64, classes=["elliptical"])
    alone = render(truth, survey="SDSS", seed=2, size_px=64, noise=False, field=False)
    crowded = render(truth, survey="SDSS", seed=2, size_px=64, noise=False)
    assert (crowded - alone).min() > -1e-4
    assert (crowded - alone).max() > 0.01


def test_progress_reaches_the_end():
    seen = []
    simulate(3, seed=1, size_px=32, progress=seen.append)
    assert (seen[-1].done, seen[-1].total) == (3, 3)
