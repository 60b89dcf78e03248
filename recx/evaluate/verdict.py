"""What the numbers allow to say, in sentences; the first says it all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import stdev

from recx.evaluate.result import Comparison, Entrant
from recx.metrics import parse


def verdict(
    entrants: Sequence[Entrant],
    comparisons: Sequence[Comparison],
    headline: str,
    reference: str | None,
    on_valid: Mapping[str, float],
    notes: Sequence[str] = (),
) -> list[str]:
    """Sentences on the entrants of a task.

    ``reference`` is the best base, ``on_valid`` what the bases did on valid, ``notes`` what fusions say of
    themselves.
    """
    named = {entrant.label: entrant for entrant in entrants}
    against = {each.a: each for each in comparisons if each.metric == headline}
    words = [
        fusion_sentence(named[entrant.label], named[reference], against[entrant.label], headline)
        for entrant in entrants
        if entrant.kind == "fusion" and reference and entrant.label in against
    ]
    words += [f"The learnt fusion is not used: {note}." for note in notes]
    bases = [entrant for entrant in entrants if entrant.kind == "base" and headline in entrant.metrics]
    if reference:
        words.append(_bases_sentence(bases, named[reference], against, headline))
    if blends := _blends_sentence(entrants, against, reference, headline):
        words.append(blends)
    if chosen := _chosen_sentence(named, reference, on_valid, headline):
        words.append(chosen)
    return words + _repeated(entrants, headline) + _caveats(entrants)


def fusion_sentence(
    fusion: Entrant, base: Entrant, compared: Comparison, headline: str, about: str = ", the best base"
) -> str:
    """What the interval of the gain over the best base, or over another one (``about``), allows to say."""
    higher = parse(headline).higher_is_better
    numbers = f"{fusion.metrics[headline].value:.4f} against {base.metrics[headline].value:.4f}"
    low, high = _gain(compared, base, headline)
    gain = compared.relative or 0.0
    interval = f"95% interval {low:+.1%} to {high:+.1%}"
    if not higher:
        low, high = -high, -low
    if low > 0:
        move = f"raises {headline} by {gain:.1%}" if higher else f"lowers {headline} by {-gain:.1%}"
        return f"{fusion.label} {move} over {base.label}{about}: {numbers} ({interval})."
    if high < 0:
        move = f"loses {-gain:.1%} of {headline}" if higher else f"adds {gain:.1%} to {headline}"
        return f"{fusion.label} {move} against {base.label}{about}: {numbers} ({interval})."
    if compared.difference.value == 0 and low == high:
        beside = f"{about}," if about else ""
        return f"{fusion.label} and {base.label}{beside} are equal: {headline} {numbers}."
    return (
        f"{fusion.label} cannot be told from {base.label}{about}: {headline} {numbers} "
        f"({gain:+.1%}), and the interval allows anything from {_change(low)} to {_change(high)}; with "
        f"{base.metrics[headline].n:,} {_sample(headline)} a difference of "
        f"{_detectable(compared, base, headline)} is found in 80 of 100 such comparisons."
    )


def _bases_sentence(
    bases: Sequence[Entrant], best: Entrant, against: Mapping[str, Comparison], headline: str
) -> str:
    """The best base with its interval, and which others it cannot be told from."""
    estimate = best.metrics[headline]
    says = f"{headline} {estimate.value:.4f} ({estimate.low:.4f} to {estimate.high:.4f})"
    if len(bases) == 1:
        return f"{best.label}: {says}."
    close = [each.label for each in bases if each.label in against and against[each.label].p_holm >= 0.05]
    behind = f"; {_listed(close)} cannot be told from it" if close else "; all others are behind it"
    return f"{best.label} is the best of {len(bases)} bases: {says}{behind}."


def _blends_sentence(
    entrants: Sequence[Entrant], against: Mapping[str, Comparison], reference: str | None, headline: str
) -> str:
    named = {entrant.label: entrant for entrant in entrants}
    parts = []
    for entrant in entrants:
        if entrant.kind == "blend" and reference and entrant.label in against:
            compared = against[entrant.label]
            low, high = _gain(compared, named[reference], headline)
            parts.append(f"{entrant.label} {compared.relative or 0.0:+.1%} ({low:+.1%} to {high:+.1%})")
    return f"Blends without learning, {headline} against {reference}: {', '.join(parts)}." if parts else ""


def _chosen_sentence(
    named: Mapping[str, Entrant], reference: str | None, on_valid: Mapping[str, float], headline: str
) -> str:
    """The base one would have chosen without looking at test."""
    if not on_valid or reference is None:
        return ""
    sign = 1 if parse(headline).higher_is_better else -1
    chosen = max(on_valid, key=lambda name: sign * on_valid[name])
    if chosen == reference:
        return f"Valid would have chosen {chosen} too."
    values = named[chosen].metrics[headline].value, named[reference].metrics[headline].value
    return (
        f"{reference} is best with hindsight: valid would have chosen {chosen}, whose {headline} on test is "
        f"{values[0]:.4f} instead of {values[1]:.4f}."
    )


def _caveats(entrants: Sequence[Entrant]) -> list[str]:
    words = []
    if unrefitted := [each.label for each in entrants if not each.refitted]:
        words.append(f"Not refitted on train + valid: {_listed(unrefitted)}; valid was input only.")
    if stopped := [each.label for each in entrants if each.stopped_on_valid]:
        words.append(f"Stopped on valid, as some papers do: {_listed(stopped)}.")
    empty = {each.label: each.without_list for each in entrants if each.without_list}
    if empty:
        counts = ", ".join(f"{label} {count:,}" for label, count in empty.items())
        words.append(f"Users without a list, counted as 0: {counts}.")
    return words


def _gain(compared: Comparison, base: Entrant, headline: str) -> tuple[float, float]:
    """Ends of the interval of the difference, as shares of the base's value."""
    value = abs(base.metrics[headline].value)
    if not value:
        return 0.0, 0.0
    return compared.difference.low / value, compared.difference.high / value


def _detectable(compared: Comparison, base: Entrant, headline: str) -> str:
    value = abs(base.metrics[headline].value)
    return f"{compared.detectable / value:.1%}" if value else f"{compared.detectable:.4f}"


def _repeated(entrants: Sequence[Entrant], headline: str) -> list[str]:
    """Who was run several times, and how far the runs lie apart."""
    words = []
    for entrant in entrants:
        values = [each.metrics[headline] for each in entrant.repeats if headline in each.metrics]
        if len(values) > 1:
            which = ", ".join(each.differs for each in entrant.repeats)
            words.append(
                f"{entrant.label} is the mean of {len(values)} runs ({which}): {headline} from "
                f"{min(values):.4f} to {max(values):.4f}, standard deviation {stdev(values):.4f}; its "
                "interval holds what lies between runs."
            )
    return words


def _change(share: float) -> str:
    return f"a gain of {share:.1%}" if share >= 0 else f"a loss of {-share:.1%}"


def _sample(headline: str) -> str:
    return "ratings" if "@" not in headline else "users"


def _listed(labels: Sequence[str]) -> str:
    return " and ".join([", ".join(labels[:-1]), labels[-1]]) if len(labels) > 1 else "".join(labels)
