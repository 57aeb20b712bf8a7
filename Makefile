# The project's commands. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

TARGET := $(or $(CARGO_TARGET_DIR),target)
LINLI := $(TARGET)/release/linli
DATA ?= ./data
LISTEN ?= 127.0.0.1:8080

# The style sheet keeps only the classes that templates and Rust strings name, so both are inputs.
ASSET_SOURCES := $(shell find web -path web/node_modules -prune -o -type f -print) \
	$(shell find crates -type f \( -name '*.html' -o -path '*/src/*.rs' \) -not -path '*/dist/*')
STAMP := crates/assets/dist/.stamp

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'

.PHONY: setup
setup: ## install what building and testing need
	@scripts/setup.sh

.PHONY: assets
assets: $(STAMP) ## build styles, icons and scripts (only when their sources changed)

$(STAMP): $(ASSET_SOURCES)
	@scripts/setup.sh --run
	@npm --prefix web run --silent build
	@touch $@

.PHONY: build
build: assets ## build the release binary
	@cargo build --release -p linli

.PHONY: run
run: build ## start the demo city on 127.0.0.1:8080 (DATA=…, LISTEN=… to change)
	@if [ ! -e '$(DATA)/linli.db' ]; then '$(LINLI)' demo --data '$(DATA)' | sed -n 1p; fi
	@echo
	@echo '  Linli 邻里 is at http://$(LISTEN)/'
	@if [ -e '$(DATA)/demo-accounts.txt' ]; then sed 's/^/  /' '$(DATA)/demo-accounts.txt'; fi
	@echo '  Stop with Ctrl-C; the data stays in $(DATA).'
	@echo
	@'$(LINLI)' serve --data '$(DATA)' --listen '$(LISTEN)'

.PHONY: check
check: assets ## what to run before a commit: format, lints, unit tests
	@cargo fmt --all --check
	@npm --prefix web run --silent check
	@cargo clippy --workspace --all-targets -- -D warnings
	@cargo test --workspace --lib --bins --quiet

.PHONY: test
test: ## everything: lints, unit and storage tests on both databases, browser tests
	@scripts/test.sh

.PHONY: bench
bench: build ## measure this machine (ARGS="--docs" writes docs/BENCHMARKS.md, --peer adds ephios)
	@scripts/setup.sh
	@LINLI_BIN='$(LINLI)' scripts/bench.sh $(ARGS)

.PHONY: clean
clean: ## remove what was built (not the data)
	@cargo clean --quiet
	@rm -rf crates/assets/dist web/node_modules e2e/node_modules e2e/shots e2e/.tmp
