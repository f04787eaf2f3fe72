"""YAML, CSV and XLSX to domain values, with every fault located."""
