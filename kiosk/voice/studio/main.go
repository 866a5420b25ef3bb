// Command studio makes the clips of the voice from the texts. "make voice"
// runs it in the repository's root; the programs themselves only read what it
// made.
//
// It records each spoken entry of assets/text, and each question of the packs, with espeak-ng, trims the silence
// off, brings the peak to -3 dB and keeps the clip as Ogg Vorbis, mono, 22,050
// samples a second, in assets/voice. assets/voice/manifest.tsv says of which
// words each clip was made: only clips whose words or settings changed are made
// anew, and those whose entry is gone are removed.
//
// It needs espeak-ng and oggenc: apt-get install espeak-ng vorbis-tools.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"motcua/kiosk/pack"
	"motcua/kiosk/text"
	"motcua/kiosk/voice"
)

func main() {
	texts := flag.String("text", "assets/text", "folder of the texts")
	packs := flag.String("packs", "assets/packs", "folder of the packs")
	clips := flag.String("voice", "assets/voice", "folder of the clips")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *texts, *packs, *clips); err != nil {
		fmt.Fprintln(os.Stderr, "studio:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, textDir, packsDir, voiceDir string) error {
	for _, tool := range []string{"espeak-ng", "oggenc"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%w\nhint: apt-get install espeak-ng vorbis-tools", err)
		}
	}
	texts, err := allWords(textDir, packsDir)
	if err != nil {
		return err
	}
	scripts, err := voice.Scripts(texts)
	if err != nil {
		return err
	}
	if err := speakable(scripts); err != nil {
		return err
	}
	made, removed, err := update(ctx, voiceDir, scripts, record)
	fmt.Printf("%d clips: %d made, %d removed\n", len(scripts), made, removed)
	return err
}

// allWords gives all that is spoken: the texts, and the questions of every pack.
func allWords(textDir, packsDir string) (*text.Catalogue, error) {
	texts, err := text.Load(os.DirFS(textDir))
	if err != nil {
		return nil, err
	}
	packs, err := filepath.Glob(filepath.Join(packsDir, "*", "pack.yaml"))
	if err != nil {
		return nil, err
	}
	for _, file := range packs {
		p, err := pack.Load(os.DirFS(filepath.Dir(file)))
		if err != nil {
			return nil, err
		}
		texts = texts.WithPack(p)
	}
	return texts, nil
}
