import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from galcore.review.value import divergence, entropy_share, typicality, value_to_model


@given(seed=st.integers(0, 10**6), concentration=st.sampled_from([0.05, 1.0, 20.0]))
def test_the_value_is_the_mean_entropy_and_what_divides_people_and_model(seed, concentration):
    people, model = np.random.default_rng(seed).dirichlet(np.full(3, concentration), (2, 8))
    mixed = entropy_share((people + model) / 2)
    apart = divergence(people, model) / np.log2(3)
    assert mixed == pytest.approx((entropy_share(people) + entropy_share(model)) / 2 + apart, abs=1e-6)
    value = value_to_model(people, model)
    assert ((value >= 0) & (value <= 1)).all()
    assert value == pytest.approx(value_to_model(model, people))
    assert divergence(people, model) == pytest.approx(divergence(model, people), abs=1e-9)


def test_open_and_contradicted_galaxies_are_worth_more_than_agreed_ones():
    people = np.array([[0.5, 0.5], [0.95, 0.05], [0.95, 0.05]])
    model = np.array([[0.5, 0.5], [0.05, 0.95], [0.95, 0.05]])
    open_, contradicted, agreed = value_to_model(people, model)
    assert open_ == pytest.approx(contradicted) and contradicted > 3 * agreed


def test_without_a_model_people_speak_alone():
    people = np.array([[0.5, 0.5], [0.9, 0.1]])
    nothing = np.full((2, 2), np.nan)
    assert value_to_model(people, nothing) == pytest.approx(value_to_model(people))
    assert divergence(people, nothing).tolist() == [0, 0]


def test_typical_galaxies_are_worth_more_though_never_twice_as_much():
    people = np.full((3, 2), 0.5)
    value = value_to_model(people, typical=np.array([0.0, 1.0, np.nan]))
    assert value.tolist() == [0.5, 1.0, 0.75]


def test_typical_are_those_in_the_midst_of_others():
    rng = np.random.default_rng(0)
    crowd, lonely = rng.normal(0, 0.1, (300, 5)), rng.normal(0, 3, (60, 5))
    typical = typicality(np.concatenate([crowd, lonely]))
    assert typical[:300].min() > np.median(typical[300:])
    assert typical.min() == 0 and typical.max() == 1
    assert (typicality(np.concatenate([crowd, lonely])) == typical).all()


def test_the_sample_stands_for_a_larger_catalogue():
    rng = np.random.default_rng(1)
    features = rng.normal(0, 1, (3000, 4)) * rng.choice([0.3, 2.0], (3000, 1))
    typical = typicality(features)
    radius = np.linalg.norm(features, axis=1)
    assert typical[radius < 0.5].mean() > 0.8 and typical[radius > 3].mean() < 0.25


def test_one_galaxy_is_neither_typical_nor_odd():
    assert typicality(np.ones((1, 4))).tolist() == [0.5]
    assert typicality(np.ones((0, 4))).tolist() == []
