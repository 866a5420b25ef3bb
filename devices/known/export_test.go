package known

// Read is read.
func Read(text []byte) (List, error) { return read(text) }

// All gives the entries by their ids.
func (l List) All() map[string]Unit { return l.units }
