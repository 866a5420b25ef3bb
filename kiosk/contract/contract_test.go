package contract

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"motcua/assets/api"
)

func load(t *testing.T) *openapi3.T {
	t.Helper()
	spec, err := openapi3.NewLoader().LoadFromData(api.Central)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestContractIsValid(t *testing.T) {
	if err := load(t).Validate(t.Context()); err != nil {
		t.Error(err)
	}
}

// Every operation that may be refused says so in a problem document.
func TestRefusalsAreProblems(t *testing.T) {
	for path, item := range load(t).Paths.Map() {
		for method, op := range item.Operations() {
			for code, response := range op.Responses.Map() {
				if code[0] == '2' {
					continue
				}
				media := response.Value.Content[ProblemType]
				if media == nil || media.Schema.Ref != "#/components/schemas/Problem" {
					t.Errorf("%s %s %s is no problem document", method, path, code)
				}
			}
		}
	}
}

func TestLimitsAgree(t *testing.T) {
	spec := load(t)
	body := spec.Paths.Value("/v1/submissions/{id}").Put.RequestBody.Value.Content[SealedType]
	if body == nil || body.Schema.Value.MaxLength == nil || *body.Schema.Value.MaxLength != MaxSealed {
		t.Errorf("the contract takes other bodies than %s of %d bytes", SealedType, MaxSealed)
	}
	ids := spec.Components.Schemas["StatusQuery"].Value.Properties["ids"].Value
	if ids.MaxItems == nil || *ids.MaxItems != MaxStatusIDs {
		t.Errorf("the contract takes another number of ids than %d", MaxStatusIDs)
	}
}

// Generated files that no longer follow the contract fail here. The inputs are
// read by the test itself, or a cached pass would hide a change of them.
func TestGeneratedFilesAreFresh(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the generator")
	}
	const spec = "../../assets/api/central.yaml"
	for _, input := range []string{spec, "../../go.mod"} {
		if _, err := os.ReadFile(input); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []string{"types", "client", "server"} {
		config, err := os.ReadFile(part + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		committed, err := os.ReadFile(part + ".gen.go")
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		out := filepath.Join(dir, part+".gen.go")
		aside := filepath.Join(dir, "config.yaml")
		config = bytes.Replace(config, []byte("output: "+part+".gen.go"), []byte("output: "+out), 1)
		if err := os.WriteFile(aside, config, 0o600); err != nil {
			t.Fatal(err)
		}
		run := exec.CommandContext(t.Context(), "go", "tool", "oapi-codegen", "-config", aside, spec)
		if said, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		fresh, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(fresh, committed) {
			t.Errorf("%s.gen.go is stale: run go generate ./kiosk/contract", part)
		}
	}
}

// What the kiosk links for the contract stays small: no validator, no router.
func TestContractIsLight(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, heavy := range []string{"kin-openapi", "go-chi", "gorilla/mux", "labstack"} {
			if bytes.Contains(b, []byte(`"github.com/`+heavy)) || bytes.Contains(b, []byte(heavy+"/")) {
				t.Errorf("%s imports %s", file, heavy)
			}
		}
	}
}
