// Package lds reads the files of a chip ID card: what a travel document or a
// Vietnamese identity card stores, after ICAO Doc 9303 part 10 (LDS1).
//
// Every function takes the bytes of a whole file and either understands them or
// fails with an error that names the file and the step, never the content. Values
// alias the bytes they were read from where the type says so. Nothing is allocated
// from a length that the bytes do not bear out; Portrait.Draw, which cannot know,
// has a bound of its own. Types that hold what a person is called or looks like
// print "redacted" under every verb.
//
// Package trust below says whether the state signed what was read, package spki
// holds public keys, and ldstest makes whole cards of invented people.
package lds
