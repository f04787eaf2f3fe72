# C types for board.py, which is compiled as it stands.
cimport cython

cdef int BLINK

cdef class Board:
    cdef int talks, managers, cells, days, weeks, lengths, least, soft, hard, rooms
    cdef int unplaced_cost, no_room_cost, same_day_cost, spread_cost, cascade_cost
    cdef long long word, state
    cdef public long long cost
    cdef int[::1] manager, employee, guest, host, site, length, first, slot, price, day, week_of
    cdef int[::1] most, quota, own, team_first, team, room_first, cells_of, on_day, in_week, free, inside
    cdef signed char[::1] closed, line, odd
    cdef readonly int[::1] at, room

    @cython.locals(begin=cython.int, i=cython.int, other=cython.int)
    cdef void mix(self, int talk) noexcept
    @cython.locals(best=cython.int, found=cython.int, at=cython.int, cost=cython.int)
    cdef void insert(self, int talk) noexcept
    @cython.locals(manager=cython.int, host=cython.int, cell=cython.int)
    cdef int possible(self, int talk, int at) noexcept
    @cython.locals(own=cython.int)
    cdef int too_early(self, int talk, int cell) noexcept
    @cython.locals(site=cython.int)
    cdef int rooms_free(self, int talk, int at) noexcept
    @cython.locals(end=cython.int)
    cdef int taken(self, int at, int length) noexcept
    @cython.locals(count=cython.int, at=cython.int, i=cython.int)
    cdef int before(self, int manager, int cell) noexcept
    @cython.locals(site=cython.int, length=cython.int, first=cython.int, size=cython.int, start=cython.int, i=cython.int,
                   room=cython.int, at=cython.int, tight=cython.int, best=cython.int, found=cython.int)
    cdef int find_room(self, int talk, int cell) noexcept
    @cython.locals(manager=cython.int, cost=cython.int, other=cython.int)
    cdef int marginal(self, int talk, int at, int room) noexcept
    @cython.locals(talk=cython.int)
    cpdef restore_to(self, int[::1] at, int[::1] room)
    cdef void place(self, int talk, int at, int room) noexcept
    @cython.locals(at=cython.int, room=cython.int)
    cdef void lift(self, int talk) noexcept
    @cython.locals(manager=cython.int, cell=cython.int, line=cython.int, i=cython.int)
    cdef void book(self, int talk, int at, int room, int by) noexcept
    @cython.locals(length=cython.int, closed=cython.int, free=cython.int, i=cython.int)
    cdef void book_room(self, int talk, int cell, int room, int by) noexcept
    @cython.locals(x=cython.longlong)
    cdef long long draw(self) noexcept
    cdef int below(self, int count) noexcept
