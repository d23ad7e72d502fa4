"""L-BFGS on functions whose minima are known, and against SciPy's."""

import numpy as np
import pytest
import scipy.optimize
import torch

from stylize.optimisers.inverse_hessian import MEMORY, InverseHessian
from stylize.optimisers.search import CURVATURE, SUFFICIENT_DECREASE, Search


def minimise(function, start, evaluations, first_change=0.1):
    """The least value within so many evaluations of value and gradient, and all points with their values."""
    searching = Search(torch.tensor(np.array([start], dtype=np.float64)), torch.tensor([first_change]))
    seen = []
    for _ in range(evaluations):
        asked = searching.asked[0].clone().numpy()
        value, gradient = function(asked)
        seen.append((asked, value))
        searching.tell(torch.tensor([value]), torch.from_numpy(np.array([gradient], dtype=np.float64)))
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
    searching = Search(torch.tensor([[-1.2, 1.0]], dtype=torch.float64), torch.tensor([0.1]))
    accepted = 0
    for step in range(60):
        asked = searching.asked[0].clone()
        value, gradient = rosenbrock(asked.numpy())
        gradient = torch.from_numpy(gradient)
        before, loss, before_gradient = (
            searching._point[0].clone(),
            searching._start.loss.item(),
            searching._gradient[0].clone(),
        )
        searching.tell(torch.tensor([value]), gradient[None])
        if step and torch.equal(searching._point[0], asked) and not torch.equal(asked, before):
            moved = asked - before
            slope = float(before_gradient @ moved)
            assert value <= loss + SUFFICIENT_DECREASE * slope + 1e-12
            assert abs(float(gradient @ moved)) <= CURVATURE * abs(slope) + 1e-12
            accepted += 1
    assert accepted > 10


def two_loops(gradient, pairs):
    """H·gradient by the two-loop recursion (Nocedal, Wright, algorithm 7.4)."""
    found, shares = gradient.copy(), []
    for moved, turned in reversed(pairs):
        shares.append(moved @ found / (moved @ turned))
        found -= shares[-1] * turned
    moved, turned = pairs[-1]
    found *= moved @ turned / (turned @ turned)
    for (moved, turned), share in zip(pairs, reversed(shares), strict=True):
        found += (share - turned @ found / (moved @ turned)) * moved
    return found


def test_the_compact_form_is_the_two_loop_recursion():
    """Three functions that learn pairs of positive curvature, another number each, also more than are remembered."""
    chance = np.random.default_rng(0)
    size, rounds = 60, MEMORY + 7
    hessian = InverseHessian(3, size, torch.float64, torch.device("cpu"))
    curvature = np.diag(np.logspace(0, 3, size))
    known = [[], [], []]
    for number in range(rounds):
        moved = chance.normal(size=(3, size))
        turned = moved @ curvature + 0.01 * chance.normal(size=(3, size))
        learns = np.array([True, number % 2 == 0, number < 3])
        if number == 5:
            turned[1] = -moved[1]  # negative curvature is not learned
            learns[1] = True
        hessian.learn(torch.from_numpy(learns), torch.from_numpy(moved), torch.from_numpy(turned))
        for place in range(3):
            if learns[place] and moved[place] @ turned[place] > 0:
                known[place] = [*known[place], (moved[place], turned[place])][-MEMORY:]
        gradient = chance.normal(size=(3, size))
        found = hessian.times(torch.from_numpy(gradient)).numpy()
        for place in range(3):
            expected = two_loops(gradient[place], known[place]) if known[place] else gradient[place]
            assert found[place] == pytest.approx(expected, rel=1e-8, abs=1e-8 * np.abs(expected).max())
    hessian.forget(torch.tensor([False, True, False]))
    assert hessian.is_empty().tolist() == [False, True, False]
    assert torch.equal(hessian.times(torch.ones(3, size).double())[1], torch.ones(size).double())


def test_searches_of_a_batch_do_not_notice_each_other():
    starts = np.array([[-1.2, 1.0], [2.0, -3.0], [1.0, 1.0]])
    together = Search(torch.tensor(starts), torch.full((3,), 0.1))
    alone = [Search(torch.tensor(starts[place : place + 1]), torch.tensor([0.1])) for place in range(3)]
    for step in range(60):
        if step == 30:
            together.keep(torch.tensor([2, 0]))
            alone = [alone[2], alone[0]]
        values, gradients = zip(*(rosenbrock(point) for point in together.asked.clone().numpy()), strict=True)
        for place, one in enumerate(alone):
            assert torch.allclose(one.asked[0], together.asked[place], rtol=1e-9, atol=1e-12), (step, place)
            one.tell(torch.tensor([values[place]]), torch.from_numpy(gradients[place])[None])
        together.tell(torch.tensor(values), torch.from_numpy(np.array(gradients)))


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
