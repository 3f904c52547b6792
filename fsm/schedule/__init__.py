"""Who works when, can do what and is where: the dispatch board, working hours, absences, skills, proposals."""
