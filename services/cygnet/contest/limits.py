"""The parts of the `Contest` resource that say who is let in, and how much each may ask for. spec.py has the whole."""

from typing import Annotated, Literal

from pydantic import Field

from cygnet.contest.rules import Duration, ListType, Rule, SpecModel, matching

_URL_WORDS = "write it as https://cap.example, without a path"
Hostname = Annotated[
    str,
    Field(min_length=1, max_length=253),
    matching("[a-z0-9]([a-z0-9.-]*[a-z0-9])?", "write a name of a host, in small letters"),
]


class PerParticipant(SpecModel):
    """Limits on one participant's new drawings. Repeated prompts are free."""

    every: Annotated[int, Duration("1h", least="100ms")] = 10_000
    """How often a participant may have a new drawing, 100ms to 1h."""
    burst: int = Field(default=3, ge=1, le=100)
    """New drawings at once after a pause."""
    pending: int = Field(default=2, ge=1, le=100)
    """Unfinished drawings at a time."""


class PerContest(SpecModel):
    """Limits on all drawings together."""

    max_predicted_wait: Annotated[int, Duration("24h", least="1s")] = 300_000
    """New work is refused while its predicted wait is longer, 1s to 24h."""


class RateLimit(SpecModel):
    """Who may add how much work. Changes hold at once, without a restart; every submission records the generation it
    met.
    """

    per_participant: PerParticipant = PerParticipant()
    contest: PerContest = PerContest()


class Captcha(SpecModel):
    """A proof of work: a puzzle that the page solves by itself, in a part of a second to some seconds. A price for
    programs, no proof of a person.
    """

    mode: Literal["off", "auto", "always"] = "auto"
    """auto: where many wait, or where one client joins or submits a lot. always: with each Submit and each new Join."""
    provider: Literal["altcha", "turnstile", "hcaptcha", "cap"] = "altcha"
    """Who makes the puzzles: altcha, which needs nobody outside. The others show a widget of theirs and see who plays;
    their secret is a setting of the installation, and whoever cannot use the widget solves a long puzzle instead.
    """
    site_key: Annotated[str, Field(max_length=64), matching("[A-Za-z0-9_-]*", "use letters, digits, - and _")] = ""
    """The provider's public key. Not for altcha."""
    hostnames: Annotated[tuple[Hostname, ...], Field(max_length=8), ListType("set")] = ()
    """Names by which browsers reach the page, without a port: a widget that was solved elsewhere is worth nothing. For
    turnstile and hcaptcha.
    """
    url: Annotated[str, Field(max_length=253), matching("(https://[a-z0-9.-]+(:[0-9]+)?)?", _URL_WORDS)] = ""
    """Where the provider is. For cap, which everybody hosts themselves."""
    on_outage: Literal["altcha", "allow", "refuse"] = "altcha"
    """What holds while the provider does not answer. altcha: our own puzzle stands in. allow: nothing is asked for.
    refuse: who has to prove something waits.
    """
    # The API server checks a field's default, an empty object, before it fills in the defaults within it.
    rules = (
        Rule(
            "siteKey: turnstile, hcaptcha and cap need it, altcha has none",
            "(!has(self.provider) || self.provider == 'altcha') == (!has(self.siteKey) || self.siteKey == '')",
            lambda captcha: (captcha.provider == "altcha") == (captcha.site_key == ""),
            "siteKey",
        ),
        Rule(
            "hostnames: turnstile and hcaptcha need them, others do not say where a widget was solved",
            "(has(self.provider) && self.provider in ['turnstile', 'hcaptcha'])"
            " == (has(self.hostnames) && size(self.hostnames) > 0)",
            lambda captcha: (captcha.provider in ("turnstile", "hcaptcha")) == bool(captcha.hostnames),
            "hostnames",
        ),
        Rule(
            "url: cap needs it, the others have addresses of their own",
            "(has(self.provider) && self.provider == 'cap') == (has(self.url) && self.url != '')",
            lambda captcha: (captcha.provider == "cap") == (captcha.url != ""),
            "url",
        ),
    )


class Admission(SpecModel):
    """Who is let in, and what it gives to be in the hall."""

    presence: Literal["off", "prefer", "require"] = "prefer"
    """prefer: who is in the hall comes first when many want to draw. require: nobody else may join. off: no difference.
    Who scans the code of a paired screen (cygnet board pair) is in the hall; it is a new one every 30s.
    """
    presence_per_turn: int = Field(default=100, ge=1, le=10_000)
    """How many people become present in 30s; where more want to, a lot decides. 100 let a hall of 500 in within three
    minutes, and a photograph of a code is worth no more.
    """
    captcha: Captcha = Captcha()


class Dedup(SpecModel):
    """Whose earlier drawing answers a repeated prompt."""

    scope: Literal["contest", "participant"] = "contest"
    """contest: a prompt is drawn once for all. participant: each draws it once."""
