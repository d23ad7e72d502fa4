"""L-BFGS on functions whose minima are known, and against SciPy's."""

import numpy as np
import pytest
import scipy.optimize
import torch

from stylize.optimisers.lbfgs import CURVATURE, SUFFICIENT_DECREASE, search


def minimise(function, start, evaluations, first_change=0.1):
    """The least value within so many evaluations of value and gradient, and all points with their values."""
    point = torch.tensor(start, dtype=torch.float64)
    searching = search(point, first_change)
    asked = next(searching)
    seen = []
    for _ in range(evaluations):
        value, gradient = function(asked.numpy())
        seen.append((asked.clone().numpy(), value))
        asked = searching.send((value, torch.from_numpy(np.asarray(gradient, dtype=np.float64))))
    return min(value for _, value in seen), seen


def rosenbrock(x):
    return scipy.optimize.rosen(x), scipy.optimize.rosen_der(x)


def test_it_finds_the_minimum_of_rosenbrocks_function_as_scipy_does():
    start = [-1.2, 1.0, -0.5, 1.5, -1.0, 1.0]
    theirs = scipy.optimize.minimize(rosenbrock, start, jac=True, method="L-BFGS-B", options={"maxcor": 20})
    value, _ = minimise(rosenbrock, start, 2 * theirs.nfev)
    assert value < 1e-8


@pytest.mark.parametrize("condition", [1.0, 1e3, 1e5])
def test_a_quadratic_of_ten_dimensions_takes_a_few_dozen_evaluations(condition):
    scales = np.logspace(0, np.log10(condition), 10)

    def quadratic(x):
        return float(0.5 * (scales * x * x).sum()), scales * x

    value, _ = minimise(quadratic, np.ones(10), 80)
    assert value < 1e-10 * quadratic(np.ones(10))[0]


def test_every_accepted_step_satisfies_the_strong_wolfe_conditions():
    """Watched from outside: a new direction begins where the last search ended."""
    point = torch.tensor([-1.2, 1.0], dtype=torch.float64)
    searching = search(point, 0.1)
    asked = next(searching)
    state, accepted = None, 0
    for _ in range(60):
        value, gradient = rosenbrock(asked.numpy())
        gradient = torch.from_numpy(gradient)
        frame = searching.gi_frame.f_locals
        before = (frame["image"].clone(), frame.get("loss"), frame.get("gradient"))
        searched = asked
        asked = searching.send((value, gradient))
        now = searching.gi_frame.f_locals["image"]
        if state is not None and torch.equal(now, searched) and not torch.equal(now, before[0]):
            image, loss, start_gradient = before
            moved = now - image
            slope = float(start_gradient @ moved)
            assert value <= loss + SUFFICIENT_DECREASE * slope + 1e-12
            assert abs(float(gradient @ moved)) <= CURVATURE * abs(slope) + 1e-12
            accepted += 1
        state = now
    assert accepted > 10


def test_a_wall_of_infinite_values_is_walked_around():
    """The logarithm of a negative number: a trial point too far must not end the search."""

    def barrier(x):
        if (x <= 0).any():
            return float("nan"), np.full_like(x, np.nan)
        return float((x - np.log(x)).sum()), 1 - 1 / x

    _, seen = minimise(barrier, [0.5, 3.0], 60, first_change=5.0)
    assert any(np.isnan(value) for _, value in seen)
    assert min(value for _, value in seen if not np.isnan(value)) == pytest.approx(2.0, abs=1e-6)


def test_at_a_minimum_it_stays():
    value, seen = minimise(lambda x: (0.0, np.zeros_like(x)), [1.0, 2.0], 5)
    assert value == 0.0
    assert all(np.array_equal(point, [1.0, 2.0]) for point, _ in seen)
