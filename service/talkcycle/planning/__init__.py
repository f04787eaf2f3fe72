"""Where and when every talk takes place. Pure: ``solve(Instance) -> Plan``."""
