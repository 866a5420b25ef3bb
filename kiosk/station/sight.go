package station

import (
	"context"
	"errors"
	"image"
	"strings"

	"motcua/devices"
	"motcua/devices/barcode/camera"
	codes "motcua/devices/barcode/picture"
	"motcua/kiosk/hatch"
)

// sighting is a technician's test of the camera for papers.
type sighting struct {
	ctx  context.Context
	seen chan<- sight // has room for one
}

// sight is what came of it.
type sight struct {
	text string
	err  error
}

// SeeCode takes pictures with the camera for papers until a code can be read in one,
// and tells whether it is the one given, which is made for this test: what makes out
// the modules of a code makes out the print of a paper. hatch.ErrBusy while a visit
// is under way, and as soon as one begins.
func (s *Station) SeeCode(ctx context.Context, code string) (hatch.Scan, error) {
	const op = "see a code"
	switch {
	case s.InVisit():
		return hatch.Scan{}, hatch.ErrBusy
	case s.booth == nil:
		return hatch.Scan{}, devices.Fail(ThingCamera, op, devices.ErrGone, errNoSuchUnit)
	case !s.booth.there.Load():
		return hatch.Scan{}, devices.Fail(s.booth.unit.Name, op, devices.ErrGone, nil)
	}
	seen := make(chan sight, 1)
	select {
	case s.booth.trials <- sighting{ctx, seen}:
	case <-ctx.Done():
		return hatch.Scan{}, ctx.Err()
	}
	select {
	case got := <-seen:
		if got.err != nil {
			return hatch.Scan{}, got.err
		}
		return hatch.Scan{Kind: kindOf(got.text, s.Now()), Length: len(got.text), Unit: s.booth.unit.Name, Same: got.text == code}, nil
	case <-ctx.Done():
		return hatch.Scan{}, ctx.Err()
	}
}

// see looks for a code on behalf of a technician. What it returns is wrong with the
// camera.
func (s *Station) see(ctx context.Context, t sighting) error {
	within, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(t.ctx, stop)()
	text, err := s.seeCode(within)
	if err != nil && within.Err() != nil {
		err = context.Canceled // nobody waits for it any more
	}
	t.seen <- sight{text, err}
	if errors.Is(err, context.Canceled) || errors.Is(err, hatch.ErrBusy) {
		return nil
	}
	return err
}

// seeCode gives what the first code says that it can read. The camera is shut when it
// returns.
func (s *Station) seeCode(ctx context.Context) (text string, err error) {
	source, err := s.booth.unit.Open(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	for reader := new(codes.Reader); ; {
		if s.InVisit() {
			return "", hatch.ErrBusy
		}
		frame, err := s.frame(ctx, source)
		switch {
		case errors.Is(err, devices.ErrGarbled):
			continue
		case err != nil:
			return "", err
		}
		if found, err := reader.Read(frame); err == nil {
			return strings.TrimSpace(found.Text), nil
		}
	}
}

// frame waits for one frame, as long as a camera that is well may take.
func (s *Station) frame(ctx context.Context, source camera.Source) (*image.Gray, error) {
	within, stop := context.WithTimeout(ctx, pictureTime)
	defer stop()
	frame, err := source.Frame(within)
	return frame, late(within, s.booth.unit.Name, err)
}
