package stage

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Build builds the programs of a stage into a folder, as `make build` does. It
// must be called within the module.
func Build(ctx context.Context, dir string) error {
	for _, p := range []struct{ name, cgo, tags string }{
		{"kiosk", "1", "migrated_fynedo"}, {"kioskctl", "1", ""}, {"workbench", "1", ""}, {"central", "0", ""},
	} {
		cmd := exec.CommandContext(ctx, "go", "build", "-tags", p.tags, "-o", filepath.Join(dir, p.name), "motcua/cmd/"+p.name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED="+p.cgo)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", p.name, err, out)
		}
	}
	return nil
}
