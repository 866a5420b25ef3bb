package pack

// Calendar is when the authority works: opening hours by weekday, holidays,
// days made up for, and the hour after which a day counts as over.
type Calendar struct{}
