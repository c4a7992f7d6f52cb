# Each target prepares what it needs. PYTHON=/path/to/python chooses the interpreter, ARGS goes to the
# command: make demo ARGS="--at 2026-11-23T03:00:00+09:00"
VENV := .venv
export VENV

.PHONY: setup demo test test-all browser chaos faults bench bench-days stop lint format lock fuzz models mutate mutants hours lives month examples openapi client

setup:
	@scripts/setup $(VENV)

demo: setup
	@$(VENV)/bin/gateway demo $(ARGS)

test: setup
	@scripts/check

test-all:
	@scripts/check-all 3.11 3.12 3.13

# Debian's Chromium, for the tests in tests/browser/; asks for root.
browser:
	@scripts/install_browser

# Two machines, five banks and one PostgreSQL, killed, frozen, stopped and lied to; docs/chaos.md.
# ARGS="--seed 7" repeats a run's choices; RIG_GATEWAY=/other/.venv/bin tries another checkout.
chaos: setup
	@$(VENV)/bin/python -m chaos $(ARGS)

# The long runs. CHAOS_TRANSFERS, FUZZ_ANSWERS and FUZZ_CALLS change how long.
faults: setup
	@$(VENV)/bin/pytest -m long -q tests/flows/test_chaos.py tests/flows/test_reconciliation.py $(ARGS)

# Damaged answers, 100,000 a bank; 10,000 calls made up from the API description.
fuzz: setup
	@$(VENV)/bin/pytest -m long -q --numprocesses 2 tests/adapters/test_mutations.py tests/http/test_generated_calls.py $(ARGS)

# Every order of events around an item of files, each file sent three times: a minute, half a gigabyte. MODEL_SENDINGS changes how often.
models: setup
	@$(VENV)/bin/pytest -q -m long tests/domain/test_file_model.py $(ARGS)

# Each row of the adapters' tables deleted in turn; ARGS=smbc for one bank.
mutate: setup
	@$(VENV)/bin/python scripts/mutate $(ARGS)

# Small faults planted one at a time, in SQL and Python: which of them do the tests notice?
# ARGS="--seed 7 --draw 300"; the same words again go on where a run stopped.
mutants: setup
	@$(VENV)/bin/python -m mutants $(ARGS)

# Every minute of ten years, asked one by one; the end of a year at all banks, lived through every ten minutes.
hours: setup
	@$(VENV)/bin/pytest -q -m long --numprocesses 2 tests/domain/test_ten_years.py tests/flows/test_time_travel.py $(ARGS)

# Ten years of members' lives, reckoned twice, every day. LIVES changes how many.
lives: setup
	@$(VENV)/bin/pytest -q -m long --numprocesses 2 tests/domain/test_lives.py $(ARGS)

# A month of the lender's life in the books, known to the yen each morning. MONTH_MOVEMENTS and MONTH_SEED change it.
month: setup
	@$(VENV)/bin/pytest -q -m long tests/month $(ARGS)

# One of two replicas stops under load. STOP_REQUESTS changes how many requests there are.
stop: setup
	@$(VENV)/bin/pytest -q -m long tests/flows/test_rolling_stop.py $(ARGS)

bench: setup
	@$(VENV)/bin/python -m bench $(ARGS)

# Reconciling a day of 10,000 and of 100,000 movements: processor time and memory. ARGS="--banks smbc --sizes 1000"
bench-days: setup
	@$(VENV)/bin/python -m bench.days $(ARGS)

# The checked-in copies of the API descriptions, after a change of routes or models.
openapi: setup
	@$(VENV)/bin/gateway openapi > docs/openapi.json
	@$(VENV)/bin/gateway openapi --sandbox > docs/openapi-sandbox.json

# The answers shown in it, from a system that is started for it and called.
examples: setup
	@$(VENV)/bin/python -m tests.flows.recording

# The TypeScript types from that copy, and the sample compiled; needs Node.js.
client:
	@scripts/client

lint: setup
	@scripts/check --lint

format: setup
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

lock: setup
	@$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --group dev pyproject.toml --output-file requirements.lock
