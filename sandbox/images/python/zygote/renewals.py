"""What is random, or a time, when a module is imported, is so again for each program. (``random`` sees to that itself,
after each fork.)"""

import os

_must_be = True


def renewals(name, names):
    """The events of the module ``name``, whose attributes are ``names``: ``(function, arguments, True)``, without which
    the module may not be a program's."""
    if name == "numpy.random.mtrand":
        return [(_new_bit_generator, (names,), _must_be)]
    if name == "sympy.core.random":
        return [(names["rng"].seed, (), _must_be)]
    if name == "sympy.core.symbol":
        return [(_new_dummies, (names["Dummy"],), _must_be)]
    if name == "multiprocessing.process":
        return [(_new_key, (names,), _must_be)]
    if name == "logging":
        return [(_new_start, (names,), _must_be)]
    return []


def _new_bit_generator(names):
    names["set_bit_generator"](names["_MT19937"]())


def _new_dummies(dummy):
    dummy._prng.seed()
    dummy._base_dummy_index = dummy._prng.randint(10**6, 9 * 10**6)


def _new_key(names):
    names["_current_process"]._config["authkey"] = names["AuthenticationString"](os.urandom(32))


def _new_start(names):
    names["_startTime"] = names["time"].time_ns()
