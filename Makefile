# Each target is one command that works without make, too.
.PHONY: demo test check

demo:
	scripts/run mechgrok demo

test:
	scripts/run --dev pytest -n 2 --dist worksteal

check:
	scripts/run --dev scripts/check
