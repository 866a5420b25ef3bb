# Một Cửa: what can be done here. Bare "make" lists it.
SHELL := /bin/bash
GO ?= go
BIN := bin
OUT := out
FUZZTIME ?= 20s
# Packages whose tests give the race detector a sample of pure computation, and do
# all of it without.
PLAIN := ./kiosk/screen

.DEFAULT_GOAL := help
.PHONY: help demo test check bench run lab torture powercut fuzz voice build deps gate

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: ## install the Debian packages that build, test and demo need
	@scripts/deps.sh

build: deps ## build kiosk, kioskctl, central and workbench into bin/
	@mkdir -p $(BIN)
	$(GO) build -tags migrated_fynedo -o $(BIN)/kiosk ./cmd/kiosk
	$(GO) build -o $(BIN)/kioskctl ./cmd/kioskctl
	CGO_ENABLED=0 $(GO) build -o $(BIN)/central ./cmd/central
	$(GO) build -o $(BIN)/workbench ./cmd/workbench

demo: build ## a whole visit; without a display: scripted, with pictures in out/demo
	$(BIN)/workbench demo --bin $(BIN) --out $(OUT)/demo

run: build ## the same with nobody touching: central, workbench and the kiosk's window
	$(BIN)/workbench demo --bin $(BIN) --out $(OUT)/demo --by-hand

test: deps ## everything, headless: what CI runs
	$(GO) test -race -timeout 25m ./...
	$(GO) test -tags migrated_fynedo $(PLAIN)
	$(GO) test -run TestFaultTable ./kiosk/station
	scripts/lab/powercut.sh
	@$(MAKE) --no-print-directory check

check: deps ## gofmt, vet, staticcheck, generated code, layers, clean tree
	@test -z "$$(gofmt -l cmd kiosk devices assets | tee /dev/stderr)" || { echo "gofmt the files above"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff
	scripts/licences.sh --check
	$(GO) test -count=1 -run 'TestLayers|TestNoRegistries|TestPureVisit|TestDocs' ./kiosk

bench: build ## measure; writes out/bench.json and prints each row with its bar
	@mkdir -p $(OUT)
	$(BIN)/workbench bench --bin $(BIN) --out $(OUT)/bench.json

lab: deps ## the drivers on a real USB stack, in a guest that QEMU boots
	scripts/lab/run.sh

torture: deps ## hours: 10,000 kills behind a bad network, a month offline, replugs, power cuts
	TORTURE_LIVES=10000 KIOSK_LIVES=500 TORTURE_DAYS=30 $(GO) test -count=1 -timeout 6h -v ./cmd/workbench/torture
	UPLINK_KILLS=10000 $(GO) test -count=1 -timeout 6h -v -run TestKilledAtAnyStep ./kiosk/uplink
	OUTBOX_KILLS=1000 $(GO) test -count=1 -timeout 6h -v -run TestKilledWithParts ./kiosk/outbox
	MOTCUA_LONG=1 $(GO) test -count=1 -timeout 1h -v -run TestReplugsOfDrivers ./kiosk/station
	POWERCUT_POINTS=1000 LAB_LIMIT=3600 scripts/lab/powercut.sh

powercut: deps ## cut the power under an outbox at hundreds of points, in a guest that QEMU boots
	scripts/lab/powercut.sh

fuzz: deps ## every fuzz target for FUZZTIME (20s) each
	@scripts/fuzz.sh $(FUZZTIME)

voice: deps ## make the prompts in assets/voice from the texts again
	$(GO) run ./kiosk/voice/studio
