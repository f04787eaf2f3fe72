"""The pages of an employee's own talk: see it, say that the time suits, choose another one, opt out."""

from dataclasses import dataclass
from typing import ClassVar

from talkcycle.domain.busy import Span
from talkcycle.domain.mailboxes import Answer as Given
from talkcycle.rounds import own_talk
from talkcycle.rounds.choices import Outcome
from talkcycle.rounds.own_pages import Standing, TalkPage
from talkcycle.rounds.sharing import share
from talkcycle.web.asked import Answer
from talkcycle.web.one_talk import Dones, OneTalk, placed

LONGEST_REASON = 1000
ANSWERS = {Given.ACCEPTED.value: "answered", Given.NONE.value: "unanswered"}


def said(page: TalkPage) -> str:
    """What the reader has answered, ``none`` where nothing.

    ``proposed``: they propose another time. ``kept``: so they do, and somebody has decided that the talk stays.
    """
    answer, proposal = page.answer, page.proposal
    if answer is None:
        return Given.NONE.value
    if answer.proposed is None:
        return answer.answer
    decided = proposal is not None and proposal.span == answer.proposed and proposal.kept_at is not None
    return "kept" if decided else "proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkPages(OneTalk):
    DONE: ClassVar[Dones] = {
        "moved": ("done_moved", placed),
        "again": ("done_again", placed),
        "answered": ("done_answered", lambda page: said(page) == Given.ACCEPTED),
        "unanswered": ("done_unanswered", lambda page: page.may_answer and page.answer is None),
        "opted-out": ("done_opted_out", lambda page: page.standing is Standing.OPTED_OUT),
        "kept": ("done_kept", lambda page: page.may_change),
        "shared": ("done_shared", lambda page: page.may_share),
        "unshared": ("done_unshared", lambda page: page.may_share),
    }

    def answer(self) -> Answer | None:
        """None: there is no such page."""
        match self.asked.path, self.asked.fields is not None:
            case "answer", False:
                return self.show()
            case "answer", True:
                return self._answer()
            case "opt-out", False:
                return self._opting_out() if self.page.may_change else self.show()
            case "opt-out", True:
                return self._opt_out()
            case "share", False:
                return self.show()
            case "share", True:
                return self._share()
        return self.either()

    def show(self, *, done: str = "", problem: str = "", status: int = 200) -> Answer:
        page = self.page
        values = self.about() | self.agreed() | self.told(done, problem)
        if page.may_answer:
            values |= {"said": said(page), "answer_pass": self.pass_for("answer")}
        return Answer(template="own/my-talk.html", values=values | {"may_answer": page.may_answer}, status=status)

    def proposed(self) -> Span | None:
        return None if self.page.answer is None else self.page.answer.proposed

    def _answer(self) -> Answer:
        asked, page, desk = self.asked, self.page, self.desk
        if not desk.passed(asked, page.round):
            return self.show(problem="problem_late", status=403)
        given, revision = asked.text("answer"), asked.number("revision")
        if given not in ANSWERS or revision is None:
            return self.show(problem="problem_answer", status=422)
        suits = given == Given.ACCEPTED
        outcome = own_talk.answer_time(desk.store, page, suits=suits, revision=revision, now=desk.now)
        return self.after("answer", outcome, ANSWERS[given])

    def _opting_out(self, *, problem: str = "", status: int = 200) -> Answer:
        values = self.form("opt-out", problem) | {"longest_reason": LONGEST_REASON}
        return Answer(template="own/opt-out.html", values=values, status=status)

    def _opt_out(self) -> Answer:
        asked, page, desk = self.asked, self.page, self.desk
        if not desk.passed(asked, page.round):
            return self._opting_out(problem="problem_late", status=403)
        choice, revision, reason = asked.text("choice"), asked.number("revision"), asked.text("reason")
        if choice not in {"keep", "opt-out"} or revision is None:
            return self._opting_out(problem="problem_choice", status=422)
        if choice == "keep":
            return desk.done(asked.token, "kept")
        if len(reason) > LONGEST_REASON:
            return self._opting_out(problem="problem_long", status=422)
        outcome = own_talk.opt_out(desk.store, page, reason, revision=revision, now=desk.now)
        return self.after("opt out", outcome, "opted-out")

    def _share(self) -> Answer:
        asked, page, desk = self.asked, self.page, self.desk
        if not desk.passed(asked, page.round):
            return self.show(problem="problem_late", status=403)
        choice, wording = asked.text("choice"), asked.number("wording")
        if choice not in {"yes", "no"} or wording is None:
            return self.show(problem="problem_choice", status=422)
        yes, person, before = choice == "yes", page.reader.id, page.before
        outcome = Outcome.CLOSED
        if before is not None:
            outcome = share(desk.store, person, page.talk, before, yes=yes, wording=wording, now=desk.now)
        return self.after("share", outcome, "shared" if yes else "unshared")
