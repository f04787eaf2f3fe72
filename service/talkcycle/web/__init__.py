"""Pages for employees and managers, reached by signed links: parse, call one function of ``rounds``, show."""
