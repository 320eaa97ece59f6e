import numpy as np
import pandas as pd
import pytest

from galcore.simulate.population import KIND_SHARES, draw_parameters


@pytest.fixture(scope="module")
def table():
    return draw_parameters(4000, survey="SDSS", seed=8)


def test_the_truth_table_is_a_pure_function_of_its_seed(table):
    pd.testing.assert_frame_equal(table, draw_parameters(4000, survey="SDSS", seed=8))
    assert not table.equals(draw_parameters(4000, survey="SDSS", seed=9))


def test_every_kind_is_drawn_in_its_share(table):
    shares = table.kind.value_counts(normalize=True)
    for kind, share in KIND_SHARES.items():
        assert shares[kind] == pytest.approx(share, abs=0.02)


def test_the_kind_agrees_with_its_features(table):
    assert table.barred[table.kind == "barred"].all()
    assert not table.barred[table.kind.isin(["spiral", "elliptical", "edge_on", "lens"])].any()
    assert table.ringed[table.kind == "ringed"].all()
    assert (table.spiral_arms[table.kind == "spiral"] > 0).all()
    assert (table.spiral_arms[table.kind == "elliptical"] == 0).all()
    for flag, kind in {
        "edge_on": "edge_on",
        "disturbed": "merger",
        "lens": "lens",
        "artefact": "artefact",
    }.items():
        assert (table[flag] == (table.kind == kind)).all()


def test_parameters_are_zero_where_the_feature_is_absent(table):
    assert ((table.bar_length > 0) == table.barred).all()
    assert ((table.ring_radius > 0) == table.ringed).all()
    assert ((table.einstein_radius_arcsec > 0) == table.lens).all()
    assert ((table.arm_winding != "none") == (table.spiral_arms > 0)).all()


def test_bars_and_rings_come_together_more_often_than_alone(table):
    ringed, plain = table[table.ringed], table[~table.ringed & (table.stage > -2)]
    assert ringed.barred.mean() > plain.barred.mean()


def test_later_types_are_bluer_and_have_smaller_bulges(table):
    spirals = table[(table.kind == "spiral") & (table.redshift < 0.1)]
    colour = spirals.mag_g - spirals.mag_r
    assert np.corrcoef(spirals.stage, colour)[0, 1] < -0.5
    assert np.corrcoef(spirals.stage, spirals.bulge_to_total)[0, 1] < -0.4


def test_shares_of_light_add_up(table):
    parts = table[[f"{part}_fraction" for part in ("bulge", "disc", "bar", "young", "ring")]]
    np.testing.assert_allclose(parts.sum(axis=1), 1.0)
    assert parts.min().min() > -1e-9


def test_structure_is_only_claimed_where_the_seeing_lets_it_be_seen(table):
    structured = table[table.barred | table.ringed | (table.spiral_arms > 0)]
    radius_px = structured.radius_arcsec / 0.396
    assert (radius_px / structured.psf_fwhm_px).quantile(0.02) > 1.2


def test_shares_can_be_chosen_per_kind():
    table = draw_parameters(300, survey="DECaLS", seed=1, classes={"lens": 1.0, "elliptical": 3.0})
    assert set(table.kind) == {"lens", "elliptical"}
    assert (table.kind == "lens").mean() == pytest.approx(0.25, abs=0.08)


def test_no_galaxies_make_an_empty_table():
    assert len(draw_parameters(0, survey="SDSS", seed=1)) == 0


def test_pixels_straight_from_the_camera_have_white_noise_and_the_seeing_of_the_survey():
    table = draw_parameters(500, survey="SDSS", seed=1, resampled=False)
    assert (table.noise_correlation_px == 0).all()
    assert table.psf_fwhm_px.median() == pytest.approx(1.32 / 0.396, rel=0.03)
