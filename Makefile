# The environment is made once, from pinned versions, in .venv; every other target uses it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COURSE := .venv-course
SITE := .venv-docs
TORCH := .venv-torch
OLD_KERAS := .keras-3.4.1
MACHINE := .vm
LESSON := reseaux-convolutifs
TRAINED := reseau-dense
HANDED_IN := $(notdir $(patsubst %/$(TRAINED),%,$(wildcard examples/submitted/*/$(TRAINED))))

.PHONY: help demo demo-course test test-all test-vm machine lint types check bench validate-real grade-the-grader catalogue commands docs news news-of lock clean

help: ## Say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(VENV)/ready: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; name it: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Courses' own environments, as tests need them: the grader's libraries, and more beside them.
$(COURSE)/ready $(TORCH)/ready: .venv-%/ready: $(VENV)/ready requirements-%.txt
	$(BIN)/python -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-$*.txt
	$(BIN)/python -c 'import os, sysconfig; print(sysconfig.get_path("purelib")); print(os.getcwd())' > $(@D)/grader.pth
	mv $(@D)/grader.pth "$$($(@D)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
	@touch $@

# An older Keras 3, alone in a folder, beside the libraries that are there.
$(OLD_KERAS)/ready: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $(@D) keras==$(patsubst .keras-%,%,$(@D))
	@touch $@

# A stock Debian 12 and its kernel, for a virtual machine. Without one its tests are skipped, and say so.
$(MACHINE)/disk: tests/vm/image.sh
	sh tests/vm/image.sh $(MACHINE)

machine:
	@$(MAKE) --no-print-directory $(MACHINE)/disk || echo "*** NO VIRTUAL MACHINE: what needs one is not tested ***" >&2

demo: export AUTOGRADER_DATA := $(CURDIR)/demo/data
demo: $(VENV)/ready ## Grade the sample class, write its feedback pages
	rm -rf demo
	mkdir demo
	cp -r course.yaml nbgrader_config.py source release examples/submitted demo/
	cd demo && ../$(BIN)/autograder grade $(LESSON)
	cd demo && ../$(BIN)/autograder feedback $(LESSON)
	cd demo && ../$(BIN)/autograder grade $(TRAINED) $(addprefix --student ,$(HANDED_IN))
	cd demo && ../$(BIN)/autograder feedback $(TRAINED)
	@echo "open demo/feedback/karim/$(LESSON)/$(LESSON).html"
	@echo "  and demo/feedback/zoe/$(TRAINED)/$(TRAINED).html, whose network was trained"

demo-course: $(VENV)/ready ## Grade a class of 40 on all assignments, with time and memory a line each
	$(BIN)/python tests/demo_course.py

test: lint types check ## Lint, types and tests

test-all: lint types $(COURSE)/ready $(OLD_KERAS)/ready $(SITE)/ready $(TORCH)/ready machine ## The same, with PyTorch and the whole matrices that `make test` takes one of each kind of
	$(BIN)/pytest -m "whole or not whole"
	$(TORCH)/bin/python -m pytest -m "whole or not whole" tests/pytorch

test-vm: $(VENV)/ready machine ## The wall on a stock Debian 12, in a virtual machine
	$(BIN)/pytest -m whole tests/vm

lint: $(VENV)/ready ## Lint and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready ## Types
	$(BIN)/mypy

check: $(COURSE)/ready $(OLD_KERAS)/ready $(SITE)/ready ## Tests
	$(BIN)/pytest

bench: $(VENV)/ready ## Measure against nbgrader and against the floor
	$(BIN)/python -m tests.bench

validate-real: $(VENV)/ready ## Calibrate and validate the course on the real data: make validate-real ARCHIVES=DIR
	$(BIN)/python tests/real_course.py $(or $(ARCHIVES),$(error name the folder of mnist.npz, fashion_mnist.npz and cifar10.npz: make validate-real ARCHIVES=DIR))

grade-the-grader: $(VENV)/ready ## Right answers, mistakes and mutants of every assignment: one JSON line
	@$(BIN)/python tests/grade_the_grader.py

catalogue: $(VENV)/ready ## Bring the French catalogue up to the messages in the code
	$(BIN)/python tests/catalogue.py

$(SITE)/ready: requirements-docs.txt
	$(PYTHON) -m venv $(SITE)
	$(SITE)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-docs.txt
	@touch $@

docs: $(SITE)/ready ## Build the site of docs/, in site/; no warning is let through
	$(SITE)/bin/zensical build --strict --clean

commands: $(VENV)/ready ## Write docs/commands.md from the command line itself
	$(BIN)/python tests/commands_page.py

news: $(VENV)/ready ## Show what the news fragments tell of the next release
	$(BIN)/towncrier build --draft --version next

news-of: $(VENV)/ready ## Put the news fragments into CHANGELOG.md: make news-of VERSION=0.2.0
	$(BIN)/towncrier build --yes --version $(or $(VERSION),$(error name it: make news-of VERSION=0.2.0))

lock: ## Pin the newest versions that fit pyproject.toml
	rm -rf .lock
	$(PYTHON) -m venv .lock
	.lock/bin/python -m pip install --quiet --upgrade pip 'setuptools>=77,<82'
	.lock/bin/python -m pip install --quiet --no-build-isolation --editable '.[dev]'
	.lock/bin/python -m pip install --quiet --no-deps 'axe-playwright-python>=0.1.8' # for axe-core in it, without its browsers
	.lock/bin/python -m pip freeze --all --exclude-editable --exclude pip > requirements.txt
	rm -rf .lock

clean: ## Remove what was made here
	rm -rf $(VENV) $(COURSE) $(OLD_KERAS) $(SITE) site $(TORCH) $(MACHINE) demo demo-course real-course build *.egg-info .pytest_cache .ruff_cache .mypy_cache
