# C types for tidy.py, which is compiled as it stands.
cimport cython
from talkcycle.planning.board cimport Board

cdef int WEEK, DAY, BESIDE, ROW, ODD

@cython.final
cdef class Tidy:
    cdef Board board
    cdef int hour, days, talks
    cdef long long all_days
    cdef int[::1] work, on_day, in_week

    @cython.locals(talk=cython.int)
    cpdef sweep(self)
    cdef void count(self, int day, int by) noexcept
    @cython.locals(board=Board, had=cython.int, room=cython.int, most=cython.int, found=cython.int, best=cython.longlong,
                   at=cython.int, cost=cython.int, dislike=cython.longlong)
    cdef void move(self, int talk) noexcept
    @cython.locals(board=Board, day=cython.int, week=cython.int, cell=cython.int, manager=cython.int, begins=cython.int,
                   cost=cython.longlong)
    cdef long long dislike(self, int talk, int at) noexcept
