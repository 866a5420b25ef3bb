package submission

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"motcua/assets/api"
)

// Schema checks documents against the schema in the contract. It is read-only
// and safe for all.
type Schema struct{ schema *jsonschema.Schema }

// LoadSchema reads the schema Submission out of assets/api/central.yaml. It
// fails only when the program was built with a broken contract.
func LoadSchema() (*Schema, error) {
	j, err := yaml.YAMLToJSON(api.Central)
	if err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	spec, err := jsonschema.UnmarshalJSON(bytes.NewReader(j))
	if err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020) // OpenAPI 3.1 schemas are of 2020-12
	c.AssertFormat()
	if err := c.AddResource("central.json", spec); err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	s, err := c.Compile("central.json#/components/schemas/Submission")
	if err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	return &Schema{schema: s}, nil
}

// Check tells whether raw, a document in JSON, follows the schema. Its error
// wraps ErrMalformed and names each faulty place and the rule it breaks, never
// a value.
func (s *Schema) Check(raw []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("not JSON: %w", ErrMalformed)
	}
	err = s.schema.Validate(v)
	if err == nil {
		return nil
	}
	var faulty *jsonschema.ValidationError
	if !errors.As(err, &faulty) {
		return fmt.Errorf("schema: %w", ErrMalformed)
	}
	places := leaves(faulty, nil)
	slices.Sort(places)
	return fmt.Errorf("%s: %w", strings.Join(slices.Compact(places), ", "), ErrMalformed)
}

// leaves lists "place rule" of every fault. A member that should not be there
// is not named: its name is the sender's.
func leaves(e *jsonschema.ValidationError, places []string) []string {
	if len(e.Causes) > 0 {
		for _, c := range e.Causes {
			places = leaves(c, places)
		}
		return places
	}
	place := "/" + strings.Join(e.InstanceLocation, "/")
	rule := strings.Join(e.ErrorKind.KeywordPath(), "/")
	return append(places, place+" "+rule)
}
