# Each target is one command that works without make, too.
.PHONY: demo test test-long torture check site

demo:
	scripts/run mechgrok demo

test:
	scripts/run --dev pytest -n 2 --dist worksteal -m "not long"

test-long:
	scripts/run --dev pytest -n 2 --dist worksteal -m long

torture:
	scripts/run --dev python tests/torture $(TORTURE)

check:
	scripts/run --dev scripts/check

site:
	scripts/run --dev python docs/site.py site
