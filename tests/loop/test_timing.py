from galcore.loop.timing import latency_result, time_submissions


def test_a_submission_is_timed_with_its_fit_against_the_limit(tmp_path):
    whole, fits = time_submissions(
        tmp_path, n_galaxies=300, n_labels=60, n_submissions=3, grid=9, dimension=16
    )
    assert len(whole) == len(fits) == 3
    assert all(fit > 0 for fit in fits)
    result = latency_result(300, whole, fits)
    assert [measure.target for measure in result.results] == ["", "<= 150", ""]
    assert len(result.rows) == 3
