// Package assets embeds what the programs need beside their code: the API
// contract, packs, texts, prompts, fonts and icons.
package assets

import "embed"

// Files holds api/, packs/, text/, voice/, fonts/ and icons/.
//
//go:embed *
var Files embed.FS
