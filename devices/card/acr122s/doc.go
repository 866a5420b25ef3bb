// Package acr122s drives the ACS ACR122S, a contactless reader on a serial line.
//
// The reader wraps CCID messages in frames of its own (ACR122S Communication
// Protocol V2.02, section 4) and passes commands through to the contactless chip
// in it, an NXP PN532 (UM0701-02). Its slot 0 is for a SAM, which need not be
// there but must be switched on before the contactless side answers.
//
// It carries short APDUs only: an answer has 256 bytes and its status word, and an
// extended command is refused. It keeps its speed while it has power: 9,600 baud
// when new, 115,200 after Open. By calculation the 16 kB of a whole identity card
// take four seconds then, half of them on the air at 106 kbit/s; at 9,600 baud they
// take half a minute.
//
// A wire may lose, bend or repeat anything without harm: a command is sent again
// only when the reader is known not to have taken it, as a chip under secure
// messaging takes each command once.
package acr122s
