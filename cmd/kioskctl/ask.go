package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// errNoAnswer: the input ended before the question was answered.
var errNoAnswer = fmt.Errorf("%w: the input has ended", errPerson)

// answers are the lines that a person types. What reads them waits for a line that
// may never come, so it ends with the program, not with the question.
type answers struct{ lines chan string }

func listen(in io.Reader) *answers {
	a := &answers{make(chan string)}
	go func() {
		defer close(a.lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			a.lines <- strings.TrimSpace(s.Text())
		}
	}()
	return a
}

// ask puts a question and waits for a line.
func (e *examiner) ask(question string) (string, error) {
	if e.answers == nil {
		e.answers = listen(e.in)
	}
	fmt.Fprintf(e.words, "kioskctl: %s ", question)
	select {
	case line, ok := <-e.answers.lines:
		if !ok {
			return "", errNoAnswer
		}
		return line, nil
	case <-e.ctx.Done():
		return "", e.ctx.Err()
	}
}

// yes asks until the answer is yes or no.
func (e *examiner) yes(question string) (bool, error) {
	for {
		a, err := e.ask(question + " [y/n]")
		if err != nil {
			return false, err
		}
		switch strings.ToLower(a) {
		case "y", "yes", "c", "có":
			return true, nil
		case "n", "no", "k", "không":
			return false, nil
		}
	}
}

// quiet is the width of the white border of a code, in modules: ISO/IEC 18004:2015,
// 5.3.8 asks for four.
const quiet = 4

// showCode draws a code in half blocks, two rows to a line, black on white whatever
// the terminal's colours are.
func showCode(w io.Writer, code string) error {
	made, err := qrcode.NewQRCodeWriter().Encode(code, gozxing.BarcodeFormat_QR_CODE, 0, 0, map[gozxing.EncodeHintType]any{
		gozxing.EncodeHintType_ERROR_CORRECTION: decoder.ErrorCorrectionLevel_M, gozxing.EncodeHintType_MARGIN: quiet,
	})
	if err != nil {
		return errors.Join(errUntried, err)
	}
	dark := func(x, y int) bool { return y < made.GetHeight() && made.Get(x, y) }
	for y := 0; y < made.GetHeight(); y += 2 {
		var line strings.Builder
		line.WriteString("\x1b[38;5;16;48;5;231m")
		for x := range made.GetWidth() {
			switch upper, lower := dark(x, y), dark(x, y+1); {
			case upper && lower:
				line.WriteString("█")
			case upper:
				line.WriteString("▀")
			case lower:
				line.WriteString("▄")
			default:
				line.WriteString(" ")
			}
		}
		line.WriteString("\x1b[0m\n")
		if _, err := io.WriteString(w, line.String()); err != nil {
			return err
		}
	}
	return nil
}
