package visit

import "motcua/kiosk/pack"

// View is everything that is on the screen at one moment, in words and
// meaning, without pixels. Two equal Views look the same. Texts are final, in
// the visit's language. Every target has an ID that is unique on the screen;
// touching it yields Touched{ID}.
type View struct {
	Screen  string // the screen's name: "attract", "home", "question"…
	Step    string // tells two Views of one screen apart: question id, page…
	Lang    pack.Lang
	Look    Look
	Head    Head
	Blocks  []Block  // top to bottom
	Actions []Button // above the foot, within reach; the last is the widest
	Foot    []Button // help and end, the same on every screen
	Over    *Over    // on top of everything, which is then dimmed; nil = none
	Busy    bool     // something is under way; actions wait
}

// Look is how this visitor wants to see it; reset at the end of the visit.
type Look struct {
	Size  int   // step into Sizes: 0.85, 1, 1.25, 1.5
	Theme Theme // contrast
	Calm  bool  // less motion
}

// Sizes are the text scales that Look.Size picks from; NormalSize is the one
// a visit starts with.
var Sizes = [...]float32{0.85, 1, 1.25, 1.5}

// NormalSize is the index of scale 1 in Sizes.
const NormalSize = 1

// Theme is a set of colours.
type Theme int

// The four themes.
const (
	Paper         Theme = iota // lacquer red on paper
	Dark                       // pale on dark
	YellowOnBlack              // "black on yellow" family: highest legibility for low vision
	WhiteOnBlack
)

// Head is the strip on top (portrait) or at the left (landscape).
type Head struct {
	Title string // "Điểm phục vụ hành chính công"
	Ward  string // "Phường Cửa Nam · Hà Nội"
	Lang  Button // switches to the other language, in that language's own name
}

// Tone is the meaning of a colour.
type Tone int

// The tones, by the tokens of the design.
const (
	Plain  Tone = iota
	Son         // lacquer: the one thing to do next, progress, stop
	Jade        // done, safe
	Amber       // attention, consent
	Indigo      // other ways, suggestions
	Muted       // second ink
)

// Style is how a button is drawn.
type Style int

// The styles of a button.
const (
	Outline Style = iota // thin line: back, other
	Primary              // lacquer with a foot: the one next thing
	Strong               // ink outline: more
	Pale                 // fill of its tone: suggestion, chip
)

// Button is a target with a word; never an icon alone.
type Button struct {
	ID    string
	Label string
	Icon  string // lucide name, before the word; "chevron-right" stands after it
	Style Style
	Tone  Tone
	Off   bool // drawn pale; a touch is still reported, so that we can say why
	On    bool // chosen (chip, option, tick)
	// Overflow buttons are shown only if Rows or Table do not fit one page:
	// "Xem thêm".
	Overflow bool
}

// A Block is one part of the page. The concrete types below are all there are.
type Block interface{ block() }

// Heading is the title of the page and a line below it.
type Heading struct {
	Title, Line string
	Centred     bool
}

// Attract is the whole attract page: the moon gate with a greeting in it.
type Attract struct {
	Greeting string // two lines, parted by \n
	Line     string
	Start    Button
	Langs    []Button
	Help     string // "Cần người giúp? Gọi *1900 1009* hoặc…": bold between stars
}

// Doors are big cards in two columns: icon on its coloured tile, verb, plain line.
type Doors struct{ Items []Door }

// Door is one of Doors.
type Door struct {
	ID, Icon, Title, Line string
	Tone                  Tone
}

// Rows are wide cards one under the other: icon, title, line, chevron.
// What does not fit is on the next page: the screen shows page Page modulo the
// number of pages.
type Rows struct {
	Items []Row
	Page  int
	Empty string // said when there are none
}

// Row is one of Rows.
type Row struct {
	ID, Icon, Title, Line string
	Tone                  Tone
	Still                 bool // only told, cannot be touched: no chevron
}

// Chips are small round buttons in a line (wrapping to a second one).
type Chips struct{ Items []Button }

// Picture is a drawn, moving picture in a card.
type Picture struct{ Name string } // "card-reader", "card-crowded", "card-number", "card-scanner", "paper-slot", "receipt", "receipt-scanner", "printer-open", "printer-roll", "printer-shut", "cable"

// Note is a quiet line with an icon before it.
type Note struct {
	Icon, Text string
	Tone       Tone
}

// Progress is what is being done and how far it is.
type Progress struct {
	Label, Count string // "Đăng ký khai sinh", "Câu 3 / 11"
	Done, All    int
}

// Field is one large input. Caret stands at its end when Active.
type Field struct {
	ID          string // touch makes it active
	Icon        string // e.g. "search"
	Value       string
	Placeholder string
	Active      bool
	Problem     string // what to mend, in red below; "" = none
}

// Keyboard is the on-screen keyboard. Keys are targets "key:a", "key:tone:sac",
// "key:space", "key:delete", "key:clear", "key:shift", "key:telex". The screen
// owns its geometry, not its meaning.
type Keyboard struct {
	Pad   Pad
	Upper bool // letters drawn as capitals
	Telex bool // the Telex key is on: tones also by letters

	Shift, Space, Delete, Clear string // the words on the wide keys
}

// Pad is a set of keys.
type Pad int

// The pads: letters with a tone row; digits alone (large), digits and @ . - _
// for an e-mail come with Letters.
const (
	Letters Pad = iota
	Digits
	Email
)

// Options are answers to choose one of, large, paged like Rows.
type Options struct {
	Items []Button // On = chosen
	Page  int
}

// DatePad is three columns, day, month, year, each a Field, over Digits.
type DatePad struct {
	Day, Month, Year       string
	Active                 int // 0 day, 1 month, 2 year
	DayLabel, MonthLabel   string
	YearLabel              string
	DayID, MonthID, YearID string
	Problem                string
}

// Table is label and value, line by line; a line with an ID can be touched to
// mend it. Paged like Rows.
type Table struct {
	Lines []Line
	Page  int
}

// Line is one of Table.
type Line struct {
	ID, Label, Value string
	Icon             string
	Tone             Tone
}

// Consent is a box to tick, never ticked before, on amber paper.
type Consent struct {
	ID     string // the box and its text
	Text   string
	Ticked bool
	More   Button // "Đọc đầy đủ"
}

// Seal is the big round sign of how it went, with a headline below.
type Seal struct {
	Icon, Title, Line string
	Tone              Tone
}

// Code is a code to keep: small label, big bold text.
type Code struct{ Label, Text string }

// QR is a QR code on white with a 4-module quiet zone, and a line below.
type QR struct{ Text, Line string }

// Portrait is the picture of a person that the station keeps under ID, as large as
// there is room. It stands on sheets of the staff and nowhere else.
type Portrait struct{ ID string }

// Card is a white card with an icon at the left: what to do now.
type Card struct {
	Icon, Title, Line string
	Tone              Tone
}

// Faces is the five-step rating; touching one yields its ID.
type Faces struct {
	Title string
	Items []Button // Tone and Icon set
	Done  string   // thanks, shown instead once rated
}

// Prose is running text in body size, paragraphs parted by \n, paged like Rows.
type Prose struct {
	Text string
	Page int
}

// Waiting shows that something is under way, with words; moves unless Calm.
type Waiting struct{ Title, Line string }

func (Heading) block()  {}
func (Attract) block()  {}
func (Doors) block()    {}
func (Rows) block()     {}
func (Chips) block()    {}
func (Picture) block()  {}
func (Note) block()     {}
func (Progress) block() {}
func (Field) block()    {}
func (Keyboard) block() {}
func (Options) block()  {}
func (DatePad) block()  {}
func (Table) block()    {}
func (Consent) block()  {}
func (Seal) block()     {}
func (Code) block()     {}
func (QR) block()       {}
func (Portrait) block() {}
func (Card) block()     {}
func (Faces) block()    {}
func (Prose) block()    {}
func (Waiting) block()  {}

// Over is a card above the dimmed page: the idle countdown, "stop?", the
// hotline, staff called, text size and contrast.
type Over struct {
	Name    string // "idle", "stop", "hotline", "staff", "look"
	Count   int    // seconds left, drawn in a ring; with Of > 0
	Of      int
	Icon    string
	Title   string
	Line    string
	Blocks  []Block  // e.g. Chips for size and contrast
	Actions []Button // one under the other
}
