# cmae: pretrain vision transformers without labels. `make` prints what there is.
.DEFAULT_GOAL := help
BIN := bin/cmae

help: ## print this
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

build: ## build bin/cmae
	CGO_ENABLED=0 go build -o $(BIN) ./cmd/cmae

demo: build ## pretrain on 5,000 drawn images and evaluate the encoder, a few minutes
	./$(BIN) demo --out runs/demo --overwrite

test: ## the tests that every change must pass
	go test -timeout 30m ./...

test-full: ## also the tests that train for longer
	CMAE_TEST_FULL=1 go test -timeout 60m ./...

race: ## the tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race -short -timeout 30m ./...

lint: ## vet, also as for Windows, staticcheck and formatting
	go vet ./...
	GOOS=windows go vet $$(go list ./... | grep -v internal/proof)
	go tool staticcheck ./...
	@test -z "$$(gofmt -l cmd internal scripts)" || { gofmt -l cmd internal scripts; exit 1; }

release-check: ## build for every system of a release
	@for t in linux/amd64 linux/arm64 darwin/arm64 windows/amd64; do echo $$t; \
		GOOS=$${t%/*} GOARCH=$${t#*/} CGO_ENABLED=0 go build -o /dev/null ./cmd/cmae || exit 1; done

release: ## archives for these systems in dist, as VERSION=v0.1.0
	sh scripts/release.sh $(or $(VERSION),$(shell git describe --tags --always)) dist

prove: ## the real binary killed 500 times, and on 100,000 files
	CMAE_TEST_KILLS=500 CMAE_TEST_FILES=100000 go test -v -timeout 120m ./internal/proof

fuzz: ## every fuzz target, a minute each (FUZZ=1h for an hour)
	sh scripts/fuzz.sh $(or $(FUZZ),1m)

bench: ## benchmarks of kernels and steps
	go test -run '^$$' -bench . -benchtime 10x ./internal/kernel/... ./internal/trainer/pretrain ./internal/dataset/loader

golden: build ## whole steps against reference vectors
	./$(BIN) verify internal/tools/verify/testdata/*.safetensors
	./$(BIN) verify --precision f64 internal/tools/verify/testdata/*resnet*.safetensors

HASTY := --xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true
xla: build ## the engine for GPUs, on the plugin for CPUs that this fetches (63 MB)
	test -d bin/data/cmae/xla/cpu || sh scripts/fetch-xla.sh cpu bin/data/cmae/xla
	XDG_DATA_HOME=$(CURDIR)/bin/data XLA_FLAGS="$(HASTY)" go test -count 1 -timeout 30m ./internal/kernel/pjrt ./internal/kernel/xla \
		./internal/kernel/backend ./internal/tools/bench
	XDG_DATA_HOME=$(CURDIR)/bin/data XLA_FLAGS="$(HASTY)" go test -count 1 -timeout 30m -run Device ./internal/proof
	XDG_DATA_HOME=$(CURDIR)/bin/data ./$(BIN) verify --engine xla internal/tools/verify/testdata/cmae.safetensors

xla-h100: build ## what XLA makes of a step for an H100, which need not be there (fetches 2 GB)
	test -d bin/data/cmae/xla/cuda13 || sh scripts/fetch-xla.sh cuda13 bin/data/cmae/xla
	XDG_DATA_HOME=$(CURDIR)/bin/data sh scripts/xla-h100.sh

smoke: build ## the commands end to end on a few images
	sh scripts/smoke.sh ./$(BIN)

docs: build ## the pages and charts of docs/ that programs write
	./$(BIN) config --markdown > docs/settings.md
	./$(BIN) docs > docs/cli.md
	go run ./scripts/charts

licences: ## docs/licences.md and the texts that the binary prints
	go run ./scripts/licences

vulnerable: ## known vulnerabilities of what is linked (needs https://vuln.go.dev)
	go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

clean: ## delete what was built
	rm -rf bin

.PHONY: help build demo test test-full race lint release-check release bench golden xla xla-h100 smoke prove fuzz docs licences vulnerable clean
