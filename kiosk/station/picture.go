package station

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"sync/atomic"
	"time"

	"motcua/devices"
	"motcua/devices/barcode/camera"
	"motcua/kiosk/attachment"
	"motcua/kiosk/trouble"
	"motcua/kiosk/visit"
)

// How a picture of a paper is taken.
const (
	// pictureTime is how long opening, exposing and one frame may last.
	pictureTime = 8 * time.Second
	// settleLeast is how many frames a camera is given to find its exposure, which
	// begins anew each time that it is opened; settleMost is when it is taken as it
	// is.
	settleLeast, settleMost = 5, 30
	// settled is by how many levels the means of two frames may differ.
	settled = 2
	// darkest is the mean of a frame in which nothing can be read: the black of video
	// is 16 (ITU-R BT.601), and a lens that is covered sees a little more.
	darkest = 32
	// lookEvery is how often it is looked whether the camera is still plugged in.
	lookEvery = time.Second
	// pictureQuality keeps small print legible: some 400 KB for 1920 by 1080.
	pictureQuality = 90
)

// shot is one picture that is asked for.
type shot struct {
	ctx      context.Context // ended when nobody wants it any more
	question string
	tray     *attachment.Tray
}

// booth is the camera that takes pictures of papers. It is open while one is taken
// and else shut: what happens between is seen by nobody.
type booth struct {
	unit   Unit[camera.Source]
	there  atomic.Bool
	shots  chan shot // holds one; only the visit's loop sends
	trials chan sighting
	stop   func() // ends the last one; the visit's loop's own
	failed bool   // it gave no picture when last asked; runBooth's own
}

func newBooth(u Unit[camera.Source]) *booth {
	return &booth{unit: u, shots: make(chan shot, 1), trials: make(chan sighting), stop: func() {}}
}

// runBooth keeps an eye on whether the camera can be opened, and takes the pictures
// that are asked for.
func (s *Station) runBooth(ctx context.Context) {
	keep(ctx, s.Plugs, s.openCamera, s.takePictures, s.cameraTold)
}

// openCamera opens the camera. After one that gave no picture it waits for a frame,
// which nobody sees: a camera that hangs can be opened all the same.
func (s *Station) openCamera(ctx context.Context) (camera.Source, error) {
	source, err := s.booth.unit.Open(ctx)
	if err != nil || !s.booth.failed {
		return source, err
	}
	if _, err := s.frame(ctx, source); err != nil && !errors.Is(err, devices.ErrGarbled) {
		return nil, errors.Join(err, closing(source))
	}
	s.booth.failed = false
	return source, nil
}

// cameraTold keeps the camera's trouble true and the visit informed.
func (s *Station) cameraTold(err error) {
	state, wrong := OK, trouble.Code("")
	if err != nil {
		state, wrong = lost(err, "camera-away", "camera-refused")
	}
	s.booth.there.Store(err == nil)
	if err != nil {
		select {
		case j := <-s.booth.shots:
			s.notTaken(j, "picture.away", err)
		default:
		}
	}
	if s.is(s.booth.unit.Name, state, wrong, err) {
		s.Post(visit.CameraChanged{Ready: err == nil})
	}
}

// takePictures takes one picture after the other until the camera fails. opened
// only showed that it is there.
func (s *Station) takePictures(ctx context.Context, opened camera.Source) error {
	if err := opened.Close(); err != nil {
		return err
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			if there := s.booth.unit.There; there != nil {
				if err := there(); err != nil {
					return err
				}
			}
		case j := <-s.booth.shots:
			if err := s.takeShot(j); err != nil && ctx.Err() == nil {
				s.booth.failed = true
				return err
			}
		case t := <-s.booth.trials:
			if err := s.see(ctx, t); err != nil && ctx.Err() == nil {
				s.booth.failed = true
				return err
			}
		}
	}
}

// takePicture asks for a picture, and gives up the one before.
func (s *Station) takePicture(ctx context.Context, t visit.TakePicture) {
	tray := s.Tray()
	if tray == nil {
		return // the visit is over
	}
	if s.booth == nil || !s.booth.there.Load() {
		s.Post(visit.FileRefused{Question: t.Question, Why: "picture.away"})
		s.Post(visit.PictureDone{})
		return
	}
	s.dropPicture()
	ctx, stop := context.WithCancel(ctx)
	s.booth.stop = stop
	s.booth.shots <- shot{ctx, t.Question, tray} // dropPicture made room
}

// dropPicture gives up the picture that is asked for or under way.
func (s *Station) dropPicture() {
	if s.booth == nil {
		return
	}
	s.booth.stop()
	select {
	case <-s.booth.shots:
	default:
	}
}

// takeShot takes one picture into the visit's tray. What it returns is wrong with
// the camera.
func (s *Station) takeShot(j shot) error {
	frame, err := s.expose(j.ctx)
	if j.ctx.Err() != nil {
		return nil // that is no fault of the camera
	}
	if errors.Is(err, errDark) {
		s.notTaken(j, "picture.dark", err)
		return nil
	}
	if err != nil {
		why := "picture.failed"
		if errors.Is(err, devices.ErrGone) || errors.Is(err, devices.ErrRefused) {
			why = "picture.away"
		}
		s.notTaken(j, why, err)
		return err
	}
	a, err := j.tray.Take(j.ctx, bytes.NewReader(frame))
	clear(frame) // it is sealed, or not wanted
	switch {
	case err != nil:
		s.notTaken(j, attachment.Key(err), err)
	case j.ctx.Err() != nil: // nobody would ever drop it before the visit ends
		if err := j.tray.Drop(context.WithoutCancel(j.ctx), a.ID()); err != nil {
			s.Log.Error("file not deleted, it is when the visit ends", "err", err)
		}
	default:
		s.Log.Info("file taken", "question", j.question, "media", string(a.Media), "bytes", a.Size)
		s.postFor(j.tray, visit.FileArrived{File: visit.Attachment{ID: a.ID(), Question: j.question, Media: string(a.Media), Size: a.Size}})
		s.postFor(j.tray, visit.PictureDone{Taken: true})
	}
	return nil
}

// notTaken tells the visitor why there is no picture, unless nobody waits for it.
func (s *Station) notTaken(j shot, why string, err error) {
	if j.ctx.Err() != nil {
		return
	}
	s.Log.Warn("no picture taken", "question", j.question, "err", err)
	s.postFor(j.tray, visit.FileRefused{Question: j.question, Why: why})
	s.postFor(j.tray, visit.PictureDone{})
}

// expose opens the camera, lets its exposure settle, and gives one frame as a grey
// JPEG. The camera is shut when it returns.
func (s *Station) expose(ctx context.Context) (picture []byte, err error) {
	ctx, stop := context.WithTimeout(ctx, pictureTime)
	defer stop()
	source, err := s.booth.unit.Open(ctx)
	if err != nil {
		return nil, late(ctx, s.booth.unit.Name, err)
	}
	defer func() {
		if shut := source.Close(); shut != nil {
			clear(picture) // nobody gets it
			picture, err = nil, errors.Join(err, shut)
		}
	}()
	last, spoiled := -1, 0
	for n := 1; ; n++ {
		frame, err := source.Frame(ctx)
		switch {
		case errors.Is(err, devices.ErrGarbled) && spoiled < settleMost:
			spoiled++
			n--
			continue
		case err != nil:
			return nil, late(ctx, s.booth.unit.Name, err)
		}
		now := brightness(frame)
		if n >= settleMost || n >= settleLeast && max(now-last, last-now) <= settled {
			if now < darkest {
				return nil, errDark
			}
			return develop(frame)
		}
		last = now
	}
}

// errDark: something covers the lens, or there is no light.
var errDark = errors.New("the picture is too dark to read")

// late names the camera that gave nothing in time; any other error is as it was.
func late(ctx context.Context, unit string, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return devices.Fail(unit, "take picture", devices.ErrSilent, nil)
	}
	return err
}

// brightness is the mean of one pixel in 64, 0 to 255.
func brightness(frame *image.Gray) int {
	sum, n, b := 0, 0, frame.Rect
	for y := b.Min.Y; y < b.Max.Y; y += 8 {
		for x := b.Min.X; x < b.Max.X; x += 8 {
			sum, n = sum+int(frame.GrayAt(x, y).Y), n+1
		}
	}
	return sum / max(n, 1)
}

// develop makes a JPEG of a frame, in memory only.
func develop(frame *image.Gray) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(len(frame.Pix)) // a JPEG is smaller: no copy is left behind
	if err := jpeg.Encode(&b, frame, &jpeg.Options{Quality: pictureQuality}); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
