"""Values and decisions about cycles, talks, time and messages. Pure; standard library only."""
