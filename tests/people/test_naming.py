import pytest

from galcore.people import Role
from galcore.people.changes import change_person
from galcore.people.naming import seen_names

CAME = ("Vera", "Edwin", "Vera", "Ana")


@pytest.fixture
def crowd(folder, with_passphrase):
    from galcore.people import enter

    for name in ("Vera", "Edwin", "Ana"):
        enter(folder, name)  # the first one owns
    change_person(folder, "Ana", by="Vera", role=Role.VIEWER)
    return folder


def test_owners_read_names_and_find_themselves(crowd):
    names = seen_names(crowd, "Vera", CAME)
    assert names.owns
    assert [names(each) for each in ("Vera", "Edwin", "")] == ["Vera (you)", "Edwin", ""]


@pytest.mark.parametrize("user", ["Edwin", "Ana", "a stranger"])
def test_everybody_else_reads_numbers_that_stay_whoever_looks(crowd, user):
    names = seen_names(crowd, user, CAME)
    assert not names.owns
    read = [names(each).removesuffix(" (you)") for each in ("Vera", "Edwin", "Ana")]
    assert read == ["annotator 1", "annotator 2", "annotator 3"]
    assert [each for each in ("Edwin", "Ana") if names(each).endswith("(you)")] == [
        each for each in ("Edwin", "Ana") if each == user
    ]
    later = seen_names(crowd, user, (*CAME, "Bo"))
    assert all(later(each) == names(each) for each in ("Vera", "Edwin", "Ana"))
    assert names("Bo") == "somebody"


def test_owners_tell_people_of_one_display_name_apart(crowd):
    change_person(crowd, "Edwin", by="Vera", display_name="E.")
    change_person(crowd, "Ana", by="Vera", display_name="E.")
    names = seen_names(crowd, "Vera", CAME)
    assert {names("Edwin"), names("Ana")} == {"E. (Edwin)", "E. (Ana)"}
