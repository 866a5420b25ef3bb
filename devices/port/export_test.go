package port

// For tests that stand in for metal.
var (
	NewReports = newReports
	NewPrinter = newPrinter
)
