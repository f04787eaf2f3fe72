# C types for search.py, which is compiled as it stands.
cimport cython
from talkcycle.planning.board cimport Board

cdef int MOST_REMOVED, ODDS, PUSH, TEAM, KINDS, CHAIN, FOCUS, LOOKS

@cython.final
cdef class Search(Board):
    cdef double[::1] odds
    cdef int[::1] out, old_at, old_room
    cdef int outs, failed

    @cython.locals(i=cython.int)
    cpdef construct(self, order)
    @cython.locals(i=cython.long, temperature=cython.double, factor=cython.double)
    cpdef run(self, long attempts, double hot, double cold)
    @cython.locals(before=cython.longlong, after=cython.longlong, talk=cython.int, kind=cython.int)
    cdef void attempt(self, double temperature) noexcept
    @cython.locals(i=cython.int, chain=cython.int, talk=cython.int)
    cdef void put_back(self, long long before) noexcept
    cdef int wants(self, int talk) noexcept
    @cython.locals(talk=cython.int, _=cython.int)
    cdef int pick(self) noexcept
    @cython.locals(i=cython.int)
    cdef void restore(self) noexcept
    @cython.locals(i=cython.int)
    cdef void take(self, int talk) noexcept
    @cython.locals(manager=cython.int, first=cython.int, size=cython.int, start=cython.int, i=cython.int)
    cdef void take_team(self, int talk, int most) noexcept
    @cython.locals(site=cython.int, size=cython.int, cell=cython.int, room=cython.int, occupant=cython.int, _=cython.int)
    cdef void take_neighbours(self, int talk, int most) noexcept
    @cython.locals(first=cython.int, count=cython.int, at=cython.int, other=cython.int, room=cython.int, site=cython.int,
                   manager=cython.int)
    cdef void push_in(self, int talk) noexcept
    @cython.locals(manager=cython.int, cell=cython.int, end=cython.int, i=cython.int, other=cython.int, begins=cython.int)
    cdef void clear(self, int talk, int at) noexcept
    @cython.locals(i=cython.int, other=cython.int, begins=cython.int)
    cdef void clear_team(self, int manager, int cell, int end) noexcept
    @cython.locals(manager=cython.int, first=cython.int, size=cython.int, start=cython.int, i=cython.int, other=cython.int)
    cdef void clear_day(self, int talk, int day) noexcept
    @cython.locals(site=cython.int, first=cython.int, size=cython.int, start=cython.int, i=cython.int, room=cython.int,
                   at=cython.int, occupant=cython.int)
    cdef int clear_room(self, int talk, int cell) noexcept
    @cython.locals(i=cython.int, j=cython.int)
    cdef void shuffle(self) noexcept
    cdef int starts_of(self, int talk) noexcept
    cdef void swap(self, int i, int j) noexcept
