// Package visit is one person's time at a station as a pure machine: a state
// and an event give the next state, what is on the screen and what is to be done.
package visit
