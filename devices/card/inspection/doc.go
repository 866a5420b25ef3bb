// Package inspection reads an identity card and proves what it read: the
// inspection procedure of ICAO Doc 9303-11, chapter 4, in the order that costs
// the fewest exchanges.
//
// Inspect opens the chip, reads EF.SOD and of the data groups only those that
// were asked for and that the SOD has a hash for, holds what the chip said in the
// clear against the signed DG14, has the chip prove that it is no copy, and checks
// the state's signature. What comes of it is a Result: the files, how far they
// were proven, and what each step took.
//
// Noise on the line starts it over; what was read whole is kept, as it is held
// against the signed hashes in the end. A wrong password is not tried again.
// Nothing that is printed, and no error, holds a secret or a byte of a file.
package inspection
