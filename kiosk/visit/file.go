package visit

import "motcua/kiosk/pack"

// HandoverChanged: the page on which phones hand files over can be reached, or
// not. It outlives the visit; until it came, files are not asked for.
type HandoverChanged struct{ Ready bool }

// HandoverOpened answers OpenHandover: this is the page of this visit and this
// question, and of no other.
type HandoverOpened struct {
	Question string
	URL      string // for the QR code; whoever has it may hand files over
	Code     string // short, not secret: the phone shows it too, so that people see it is the right page
	Wifi     string // name of the network that the phone must be in; "" = not known
	Warns    bool   // phones will say that they do not know the station's certificate
}

// FileComing: a phone opened the page, or is sending at this moment.
type FileComing struct{ Question string }

// FileArrived: a file was taken, checked and sealed. Its Label is the visit's to
// set.
type FileArrived struct{ File Attachment }

// FileRefused: a file was not taken. Why is the key of the sentence that says
// why and what to do.
type FileRefused struct{ Question, Why string }

func (HandoverChanged) event() {}
func (HandoverOpened) event()  {}
func (FileComing) event()      {}
func (FileArrived) event()     {}
func (FileRefused) event()     {}

// OpenHandover opens a page for one question and closes the one before.
// HandoverOpened answers, then FileArrived and FileRefused as often as files come.
type OpenHandover struct {
	Question string
	Label    pack.Text // what is asked for
}

// CloseHandover closes the page: nothing more is taken. What was taken stays
// until DropFile or the end of the visit. Nothing answers.
type CloseHandover struct{}

// DropFile lets go a file that the visitor took back, or that came too late.
// Nothing answers.
type DropFile struct{ ID string }

func (OpenHandover) task()  {}
func (CloseHandover) task() {}
func (DropFile) task()      {}
