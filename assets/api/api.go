// Package api embeds the contract alone, so that central carries no prompts.
package api

import _ "embed"

// Central is the contract of stations and central, OpenAPI 3.1 in YAML.
//
//go:embed central.yaml
var Central []byte
