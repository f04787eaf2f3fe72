"""Domain values to bytes: texts, PDFs, iCalendar, MIME. Pure."""
