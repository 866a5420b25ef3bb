package pack_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"motcua/kiosk/pack"
)

// changed is the tiny pack with one text of one file replaced.
func changed(t *testing.T, file, old, by string) fs.FS {
	t.Helper()
	m := fstest.MapFS{}
	from := os.DirFS("testdata/tiny")
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(from, name)
		m[name] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	was := string(m[file].Data)
	if strings.Count(was, old) != 1 {
		t.Fatalf("%s holds %q %d times", file, old, strings.Count(was, old))
	}
	m[file] = &fstest.MapFile{Data: []byte(strings.Replace(was, old, by, 1))}
	return m
}

const boatFile = "procedures/9.000002.yaml"

func TestOwnLink(t *testing.T) {
	p, err := pack.Load(changed(t, boatFile, "  steps: [{vi: Hỏi người giữ sổ", "  link: https://landing.example/\n  steps: [{vi: Hỏi người giữ sổ"))
	if err != nil {
		t.Fatal(err)
	}
	if got := procedure(t, p, "9.000002").Home.Link; got != "https://landing.example/" {
		t.Errorf("link %q", got)
	}
}

// A question that is asked when another was not is no contradiction, even
// where the two need different answers before them.
func TestAskedInsteadOfAnother(t *testing.T) {
	p, err := pack.Load(changed(t, boatFile, "result: {vi: Trang", `  - id: motor
    label: {vi: Máy gì?, en: Which motor?}
    short: {vi: Máy, en: Motor}
    kind: text
    show_if: [{question: sail, in: ["no"]}, {question: o_signs, in: [""]}]
result: {vi: Trang`))
	if err != nil {
		t.Fatal(err)
	}
	boat := procedure(t, p, "9.000002")
	shown := func(answers map[string]string) string {
		var ids []string
		for _, q := range boat.Shown(answers) {
			ids = append(ids, q.ID)
		}
		return strings.Join(ids, " ")
	}
	if got := shown(map[string]string{"sail": "no", "o_signs": "CŨ"}); got != "name oars sail motor" {
		t.Errorf("without a sail: %s", got)
	}
	if got := shown(map[string]string{"sail": "yes"}); got != "name oars sail o_called o_signs" {
		t.Errorf("with a sail: %s", got)
	}
}

func TestNeverAsked(t *testing.T) {
	_, err := pack.Load(changed(t, boatFile, "result: {vi: Trang", `  - id: motor
    label: {vi: Máy gì?, en: Which motor?}
    short: {vi: Máy, en: Motor}
    kind: yesno
    show_if: [{question: sail, in: ["no"]}]
  - id: power
    label: {vi: Mấy mã lực?, en: How many horsepower?}
    short: {vi: Mã lực, en: Power}
    kind: number
    show_if: [{question: sail, in: ["yes"]}, {question: motor, in: ["yes"]}]
result: {vi: Trang`))
	if err == nil || !strings.Contains(err.Error(), `question "power" is never asked in 9.000002`) {
		t.Errorf("Load = %v", err)
	}
}
