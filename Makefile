.DEFAULT_GOAL := help
.PHONY: help demo test test-extension up down remove viewer lint release-check setup bench torture fuzz mutants container-test deb package-test deny advisories sbom docs

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup ## demonstrate the whole path; with CSV=FILE on your own events
	@scripts/demo.sh "$(CSV)"

test: setup ## run every test against the local stack
	@scripts/test.sh

test-extension: setup ## only the tests that depend on the extension or its Postgres
	@scripts/test.sh --extension

up: setup ## start Postgres with the extension, and Kafka; then: . target/stack/env
	@scripts/stack.sh up
	@echo "Postgres and Kafka are up: . target/stack/env"

down: ## stop both, keep their data
	@scripts/stack.sh down

remove: ## stop both and delete their data
	@scripts/stack.sh remove

viewer: up ## open the desktop viewer on the local stack
	@cargo build --release --all-targets && . target/stack/env && exec "$${CARGO_TARGET_DIR:-target}/release/musicstream-viewer"

bench: setup ## compare with plain COPY and the peers, write docs/benchmarks.md; PARTS="ingest freshness extension listening scale decoder viewer", SYSTEMS=ours,copy, ROUNDS=N, FULL=1
	@scripts/bench.sh $(if $(FULL),--full) $(if $(SYSTEMS),--systems $(SYSTEMS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(PARTS)

torture: setup ## run the randomized tests for hours: 10,000 programs, all interleavings, thousands of faults
	@scripts/torture.sh

deb: ## build Debian packages of the extension, the ingestor and the viewer; with VERSION=V for another version
	@scripts/setup-debian.sh deb
	@scripts/deb.sh $(VERSION)

package-test: ## install, use, upgrade, remove and purge these packages in a minimal Debian root; needs root
	@scripts/setup-debian.sh deb
	@scripts/package-test.sh

deny: ## check licences and sources of all dependencies
	@scripts/deny.sh

advisories: ## check all dependencies for known vulnerabilities
	@scripts/deny.sh advisories

sbom: ## write a bill of materials for each program and the extension
	@scripts/sbom.sh

docs: setup ## write the generated pages and build the book in target/book/docs; PICTURES=1 also creates the viewer's pictures
	@scripts/docs.sh $(if $(PICTURES),--pictures)

fuzz: setup ## fuzz the JSON decoder against its oracle; SECONDS=N instead of 300
	@scripts/fuzz.sh $(SECONDS)

mutants: ## change the pure modules one expression at a time and report what no unit test notices; with FILES=GLOB for some of them
	@scripts/mutants.sh $(if $(FILES),-f '$(FILES)')

container-test: ## build both images and test the container stack, with official base images or stand-ins
	@scripts/container-test.sh

release-check: ## run the tests of a release in addition to .ci/run, on clean Debian systems; PARTS="NAME..." for some
	@scripts/release-check.sh $(PARTS)

lint: setup ## rustfmt, clippy and shellcheck, warnings as errors
	@scripts/lint.sh

setup: ## install the packages for building and testing (apt on Debian and Ubuntu)
	@scripts/setup-debian.sh
