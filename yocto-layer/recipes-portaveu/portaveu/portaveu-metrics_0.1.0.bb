SUMMARY = "Sends counts, and nothing else, to the council's broker"

inherit portaveu_cargo
