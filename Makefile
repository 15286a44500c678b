# The two commands: `make demo` does the main job on a practice cloud, `make test` passes the tests.
.PHONY: demo test check soak golden clean setup machine
PYTHON := .venv/bin/python
# Bytecode is kept, whatever the machine says: else every process compiles Ostler and all it imports anew.
unexport PYTHONDONTWRITEBYTECODE

setup:
	@sh scripts/setup.sh

# the same, and what practice clouds need of this machine
machine:
	@sh scripts/setup.sh --practice

demo: machine
	@sh scripts/demo.sh

# everything: the fast part, longer tests of the same kind, then the tests on a real practice cloud
test: machine
	@sh scripts/check.sh --long
	@sh scripts/test_practice.sh

# 10,000 spoiled logs and configuration files; the tests on a real practice cloud, also those that take too long for `make test`; then 25 kills
# of a real upgrade
soak: machine
	@OSTLER_SPOILED_LOGS=10000 OSTLER_SPOILED_FILES=10000 $(PYTHON) -m pytest --timeout=7200 -n auto \
	  tests/unit/logs/test_hostile_logs.py tests/unit/configuration/test_hostile_files.py
	@sh scripts/test_practice.sh --soak
	@sh scripts/soak.sh

# the fast part: lint, types, import rules, unit, golden and crash tests; no root, no cloud
check: setup
	@sh scripts/check.sh

# write the golden plans and the published schemas anew; review the diff
golden: setup
	@$(PYTHON) -m tests.golden.regenerate

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist demo
