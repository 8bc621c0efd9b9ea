# KubeNova. `make help` lists what there is; `make demo` and `make test` set everything up themselves.
SHELL := /bin/bash
.DEFAULT_GOAL := help
NODE := node_modules/.bin/node
STAMP := node_modules/.installed
export WRANGLER_SEND_METRICS := false

.PHONY: help setup demo test check attack bench down kind-up platform-up manager-up test-e2e fmt docs

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(STAMP): package-lock.json package.json agent/package.json
	@scripts/install.sh
	@touch $@

setup: $(STAMP) ## install what the tests and the demo need: npm packages, Debian packages, the local Kubernetes, the agent's programs in Go
	@test/cluster/setup.sh
	@$(NODE) test/cluster/cli.ts build
	@$(NODE) scripts/agent-programs.ts >/dev/null

demo: setup ## the whole journey on this machine: cluster, manager, agent, an app, its page (DEMO_EXIT=1 ends after the last step)
	@$(NODE) scripts/demo/main.ts

test: setup ## every test: checks, unit, workerd, cluster, end to end
	@$(NODE) scripts/test.ts

check: $(STAMP) ## format, lint, import rules, dead code, types, generated files, unit tests: under a minute
	@$(NODE) scripts/check.ts

attack: setup ## every test with more cases and a new seed, which it prints (KUBENOVA_SEED=n repeats one)
	@seed=$${KUBENOVA_SEED:-$$RANDOM}; echo "seed $$seed; again: make attack KUBENOVA_SEED=$$seed"; \
	KUBENOVA_SEED=$$seed KUBENOVA_ATTACK=long $(NODE) scripts/test.ts unit workerd cluster e2e

bench: setup ## a benchmark: make bench NAME=thousand-apps (without a name: the list)
	@npm run -s bench -- $(NAME)

fmt: $(STAMP) ## format the sources
	@npx biome check --write . >/dev/null

docs: $(STAMP) ## make the generated documents anew: errors, events, custom resources
	@npm run -s docs

kind-up: setup ## a local Kubernetes named dev; prints its kubeconfig
	@$(NODE) test/cluster/cli.ts up dev

manager-up: setup ## the manager on this machine, until Ctrl-C
	@$(NODE) scripts/manager.ts

platform-up: setup ## cluster, manager and agent together, until Ctrl-C
	@$(NODE) scripts/platform.ts

test-e2e: setup ## the end-to-end tests alone
	@$(NODE) scripts/test.ts e2e

down: $(STAMP) ## remove every local cluster, and what runs on it
	@$(NODE) test/cluster/cli.ts down --all
