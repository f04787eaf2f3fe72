"""Prove the optimum of small instances with OR-Tools CP-SAT, and compare the planner's cost with it.

One boolean for each talk, start and room (or none); everything else follows talkplan/1's README word by word. Candidate
starts come from the checker's ``alone`` and their prices from its ``unary``, so that nothing of the planner is believed.
"""

import importlib.util
import json
import sys
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from ortools.sat.python import cp_model
from planner.cases import CASCADES, PRESETS, SHARED, Case, instance_file
from planner.measure import Row, Selection, solved

SIZES = (20, 50, 100)
SECONDS = 90.0
"""Of the exact model for one instance."""
LIMIT = 5.0
"""Seconds of the planner for one instance."""
Literal = Any
"""CP-SAT's boolean variables; the library has no types for sums of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """The best cost found and the bound below which none lies. Equal: proven."""

    cost: int
    bound: int
    seconds: float

    @property
    def proven(self) -> bool:
        return self.cost == self.bound


def checker() -> Any:
    """The independent checker as a module."""
    spec = importlib.util.spec_from_file_location("talkplan_check", SHARED / "check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@dataclass(slots=True)
class Model:
    """The exact model of one instance; *choices* are the talk's literals with their start and room."""

    instance: Any
    cp: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    choices: dict[str, list[tuple[Literal, int, str | None]]] = field(default_factory=lambda: defaultdict(list))
    at: dict[str, dict[int, Literal]] = field(default_factory=lambda: defaultdict(dict))
    begun: dict[str, list[tuple[int, Literal]]] = field(default_factory=dict)
    later: dict[str, dict[int, Literal]] = field(default_factory=dict)
    cost: list[Any] = field(default_factory=list)

    def build(self) -> None:
        for talk in self.instance.talks.values():
            self.choose(talk)
        self.one_thing_at_a_time()
        self.days_and_weeks()
        self.cascade()
        self.cp.minimize(sum(self.cost))

    def choose(self, talk: dict[str, Any]) -> None:
        """At most one start, in at most one room, and what that costs by itself."""
        instance, weights = self.instance, self.instance.w
        rooms = self.rooms_for(talk)
        length = talk["dur"] + talk["buf"]
        for start in self.starts_of(talk):
            penalty = sum(weights[kind] * count for kind, count in instance.unary(talk, start).items())
            free = [room for room, busy in rooms.items() if not instance.hits(busy, start, start + length)]
            if talk.get("pin"):
                free = [talk["pin"]["room"]] if talk["pin"].get("room") else []
            here: list[tuple[Literal, str | None]] = []
            if not (talk.get("pin") and free):
                here.append((self.cp.new_bool_var(f"{talk['id']}@{start}"), None))
            here += [(self.cp.new_bool_var(f"{talk['id']}@{start}@{room}"), room) for room in free]
            for literal, room in here:
                self.choices[talk["id"]].append((literal, start, room))
                self.cost.append((penalty + (weights["no_room"] if talk["room"] and room is None else 0)) * literal)
            self.at[talk["id"]][start] = sum(literal for literal, _ in here)
        literals = [literal for literal, _, _ in self.choices[talk["id"]]]
        if talk.get("pin"):
            self.cp.add_exactly_one(literals)
        else:
            self.cp.add_at_most_one(literals)
        self.cost.append(weights["unplaced"] * (1 - sum(literals)))

    def starts_of(self, talk: dict[str, Any]) -> list[int]:
        if talk.get("pin"):
            return [talk["pin"]["start"]]
        return [s for s in range(0, self.instance.horizon, self.instance.grid) if not self.instance.alone(talk, s)]

    def rooms_for(self, talk: dict[str, Any]) -> dict[str, list[tuple[int, int]]]:
        if not talk["room"]:
            return {}
        return {
            room["id"]: sorted(
                (flat[n], flat[n + 1]) for flat in room.get("busy", {}).values() for n in range(0, len(flat), 2)
            )
            for room in self.instance.rooms.values()
            if room["site"] == talk["site"] and room.get("neutral") and room["capacity"] >= 2
        }

    def one_thing_at_a_time(self) -> None:
        """People and rooms: of all that would lie over one and the same start, at most one."""
        spans: dict[str, list[tuple[int, int, Literal]]] = defaultdict(list)
        for talk in self.instance.talks.values():
            for literal, start, room in self.choices[talk["id"]]:
                end = start + talk["dur"]
                spans[talk["employee"]].append((start, end, literal))
                spans[talk["manager"]].append((start, end + talk["buf"], literal))
                if room is not None:
                    spans[f"room {room}"].append((start, end + talk["buf"], literal))
        for each in spans.values():
            # Two intervals overlap exactly where the later of their starts lies in the other, so starts suffice.
            by_start: dict[int, list[Literal]] = defaultdict(list)
            for begins in {start for start, _, _ in each}:
                by_start[begins] = [literal for start, end, literal in each if start <= begins < end]
            for literals in by_start.values():
                if len(literals) > 1:
                    self.cp.add_at_most_one(literals)

    def days_and_weeks(self) -> None:
        """At most K a day; each after the first of a day, and each beyond a week's share, has its price."""
        instance = self.instance
        days: dict[tuple[str, Any], list[Literal]] = defaultdict(list)
        weeks: dict[tuple[str, Any], list[Literal]] = defaultdict(list)
        for talk in instance.talks.values():
            zone = instance.people[talk["manager"]]["tz"]
            for literal, start, _ in self.choices[talk["id"]]:
                day = instance.local(start, zone)[0]
                days[talk["manager"], day].append(literal)
                weeks[talk["manager"], day.isocalendar()[:2]].append(literal)
        for (manager, _), literals in days.items():
            self.cp.add(sum(literals) <= instance.people[manager].get("max_per_day", instance.k))
            self.over(literals, 1, "same_day")
        share = max(1, len(instance.weeks()))
        for (manager, _), literals in weeks.items():
            self.over(literals, -(-len(instance.by_manager[manager]) // share), "spread_week")

    def over(self, literals: list[Literal], free: int, kind: str) -> None:
        if len(literals) > free:
            beyond = self.cp.new_int_var(0, len(literals) - free, "")
            self.cp.add(beyond >= sum(literals) - free)
            self.cost.append(self.instance.w[kind] * beyond)

    def cascade(self) -> None:
        """A team talk not before the end of the manager's own: forbidden, or at a price."""
        instance = self.instance
        if instance.cascade == "off":
            return
        for talk in instance.talks.values():
            own = instance.talks.get(instance.own.get(talk["manager"]))
            if own is None:
                continue
            early: Literal = None
            if instance.cascade == "soft":
                early = self.cp.new_bool_var("")
                self.cost.append(instance.w["cascade"] * early)
            before = self.before(talk["id"])
            for start, later in self.from_here(own["id"]).items():
                # Own talk at this start or later, and the team's talk before this one's end: not both.
                begun = bisect_left(before, start + own["dur"], key=lambda pair: pair[0])
                if begun:
                    self.cp.add(later + before[begun - 1][1] <= (1 if early is None else 1 + early))

    def before(self, talk: str) -> list[tuple[int, Literal]]:
        """Each start of *talk*, and whether it is at that one or an earlier one; sums would fill the memory."""
        if talk not in self.begun:
            self.begun[talk] = self.chain(talk, sorted(self.at[talk]))
        return self.begun[talk]

    def from_here(self, talk: str) -> dict[int, Literal]:
        """Whether *talk* is at a start or a later one."""
        if talk not in self.later:
            self.later[talk] = dict(self.chain(talk, sorted(self.at[talk], reverse=True)))
        return self.later[talk]

    def chain(self, talk: str, starts: list[int]) -> list[tuple[int, Literal]]:
        chain: list[tuple[int, Literal]] = []
        for start in starts:
            reached = self.cp.new_bool_var("")
            self.cp.add(reached == self.at[talk][start] + (chain[-1][1] if chain else 0))
            chain.append((start, reached))
        return chain


def optimum(document: dict[str, Any], seconds: float, hint: dict[str, tuple[int, str | None]]) -> Optimum:
    """The least cost of an instance, or what is known of it after *seconds*. *hint*: a plan to start from."""
    model = Model(checker().Inst(document))
    model.build()
    for talk, choices in model.choices.items():
        for literal, start, room in choices:
            model.cp.add_hint(literal, hint.get(talk) == (start, room))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 8  # not for speed: the strategies that prove by linear programs come with the eighth
    status = solver.solve(model.cp)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise SystemExit(f"the exact model has no plan: {solver.status_name(status)}")
    bound = round(solver.objective_value) if status == cp_model.OPTIMAL else -int(-solver.best_objective_bound // 1)
    return Optimum(cost=round(solver.objective_value), bound=bound, seconds=solver.wall_time)


def exact(folder: Path, selection: Selection | None = None) -> list[Row]:
    chosen = selection or Selection()
    sizes = chosen.people or SIZES
    rows = []
    for people, preset, cascade in product(sizes, chosen.presets or PRESETS, chosen.cascades or CASCADES):
        for seed in chosen.seeds or (1,):
            rows.append(compared(Case(people=people, seed=seed, preset=preset, cascade=cascade), folder))
            print(f"  {rows[-1]['what']}: {rows[-1]['measured']}", file=sys.stderr, flush=True)
    return rows


def compared(case: Case, folder: Path) -> Row:
    run = solved(case, folder, limit=LIMIT)
    cost = int(str(run["cost"]))
    plan = json.loads((folder / "plan.json").read_text())
    hint = {each["talk"]: (each["start"], each["room"]) for each in plan["assignments"]}
    best = optimum(json.loads(instance_file(case).read_text()), SECONDS, hint)
    gap = (cost - best.bound) / max(1, best.bound)
    state = "proven optimum" if best.proven else f"not proven: between {best.bound:,} and"
    return {
        "what": f"exact: {case}",
        "measured": f"cost {cost:,}, gap {gap:.3%}  {run['wall']:.1f} s",
        "reference": f"{state} {best.cost:,}  {best.seconds:.0f} s",
        "bar": "no gap where proven" + (": rules" if run["violations"] else ""),
        "ok": not run["violations"] and (cost == best.cost if best.proven else cost <= best.cost),
        "case": case.name,
        "cost": cost,
        "best": best.cost,
        "bound": best.bound,
        "proven": best.proven,
        "seconds": best.seconds,
    }
