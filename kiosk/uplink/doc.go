// Package uplink empties the outbox: it delivers submissions to central, brings
// back what central says of them, and tells central that the station lives.
//
// # Delivery
//
// Submissions go one after the other in the order of acceptance, each by an
// idempotent PUT, so a reply that was lost costs only another PUT. They are taken
// out of the outbox in rows, of one at first and of up to 32 on a way that works,
// and what became of them is marked while the next is under way, so that the
// disk does not slow the drain: it is as fast as a bare loop of PUTs. What staff
// ask for (SendThis) goes before all others. While somebody uses the station
// (Visit) at most VisitRate bytes a second are sent. One that
// central refuses (409, 413, 422) goes to the dead letters with central's
// reason, owner and next step; one on which central fails (500) waits by itself
// and comes again. Neither holds up the next.
//
// # Parts
//
// Attachments go before the submission that names them, as sealed parts by tus
// 1.0: asked for with HEAD after every break and every start, and sent on from
// where central says. Where a part is at central follows from its name and its
// submission, so nothing needs to be remembered here. Parts have a lane of their
// own: a submission without parts never waits for one with them, and the first
// four that lack parts take turns of half a megabyte. Among those whose parts
// are all at central the order of acceptance is kept. Should central lack a part
// after all it says which (424), and the parts are gone through again.
//
// # By stick
//
// A station without any network sends its submissions on a stick (package stick,
// kioskctl outbox export) and hears of them the same way: Confirm takes in what
// central signed there, by the rules of a reply that came over the network, and
// with two more. The hash that central tells must be that of the bytes here. And a
// stick may be old, or be brought twice: a word of before central said of anything
// that it does not have it counts no more, a refusal counts only once, and a
// dossier that is known is not forgotten.
//
// # When there is no way
//
// A failure of the way (no route, no answer, a reply that is not central's)
// pauses all sending: 1 s, doubling with jitter, at most 5 minutes. While it
// lasts a probe asks central's clock about every 5 s, and the kernel is listened
// to for links, addresses and routes that change (rtnetlink(7)); when either
// says that the network is back, the pause ends and begins at 1 s the next time.
// When it is central that is busy (503) or keeps failing, there is no probe: the
// pause is what Retry-After says, at most 5 minutes, or the same doubling. When
// central takes no more of this station today (429) the pause is what it says, at
// most an hour. Submissions and parts pause each for themselves, and neither holds
// up heartbeats, status polls and look-ups.
//
// # What counts as central
//
// TLS 1.3 with a certificate of central's own authority, a content type of the
// contract, a body of its shape, and in it our own id and digest. Anything else,
// such as a captive portal's 200 with HTML, is no reply at all.
//
// # Clocks
//
// A station's clock can be wrong by days, or start in 1970 with a dead battery.
// Delivery depends on no wall clock. Certificates are checked at the station's
// time corrected by central's, as far as central's was heard and the difference
// is at most MaxSkew, and never before the time the program was built. When a
// certificate is not valid at that time, the next connections check it a day
// later, a day earlier, Tolerance later, Tolerance earlier, then again at the
// plain time. So a clock that is wrong by up to Tolerance cannot cut the station off,
// at the price that an expired certificate of central's own authority passes for
// Tolerance longer. Both clocks are kept: State.Skew is the difference.
package uplink
