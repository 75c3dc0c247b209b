"""How long things take, in words as short as they are exact enough."""

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def seconds(value: float | None) -> str:
    """Seconds as "40 ms", "1.4 s", "5 min 3 s", "2 d 4 h"; nothing known is a dash."""
    if value is None:
        return "\N{EN DASH}"
    if value < 1:
        return _milliseconds(value * 1000)
    if value < 10:
        return f"{value:.3g} s"
    return _two_units(round(value))


def milliseconds(value: float | None) -> str:
    """The same from milliseconds."""
    return seconds(None if value is None else value / 1000)


def _milliseconds(value: float) -> str:
    return f"{value:.1f} ms" if 0 < value < 10 else f"{value:.0f} ms"


def _two_units(whole: int) -> str:
    """The greatest unit and the one below it, where that is not nothing."""
    at = next(index for index, (_, size) in enumerate(_UNITS) if whole >= size)
    parts = []
    for name, size in _UNITS[at : at + 2]:
        number, whole = divmod(whole, size)
        if number:
            parts.append(f"{number} {name}")
    return " ".join(parts)
