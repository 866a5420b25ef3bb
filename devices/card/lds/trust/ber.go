package trust

import "motcua/devices/card/lds"

// deepest is how many structures may lie in each other in an EF.SOD; real ones
// have some fifteen.
const deepest = 32

// definite gives in with every indefinite length made definite and every string
// in pieces made whole (X.690, 8.1.3.6 and 8.7.3). The standard asks for DER, but
// the chips of some states, New Zealand's of 2013 among them, hold their SOD in
// BER. What is encoded definitely stays as it is to the byte, so that signatures
// over it hold. ok is false for anything that is not BER with short tags.
func definite(in []byte) (out []byte, ok bool) {
	out, rest, _, ok := whole(in, 0)
	return out, ok && len(rest) == 0
}

// whole rewrites the first element of in; changed says whether that was needed.
func whole(in []byte, depth int) (out, rest []byte, changed, ok bool) {
	if depth > deepest || len(in) < 2 || in[0]&0x1F == 0x1F {
		return nil, nil, false, false
	}
	tag, constructed := in[0], in[0]&0x20 != 0
	if in[1] == 0x80 {
		if !constructed {
			return nil, nil, false, false
		}
		content, rest, ok := pieces(in[2:], tag, depth, true)
		return lds.Append(nil, lds.Tag(tag&^stringBit(tag)), content), rest, true, ok
	}
	f, rest, err := lds.Next(in)
	if err != nil {
		return nil, nil, false, false
	}
	element := in[:len(in)-len(rest)]
	if !constructed {
		return element, rest, false, true
	}
	if tag == 0x24 {
		content, _, ok := pieces(f.Value, tag, depth, false)
		return lds.Append(nil, 0x04, content), rest, true, ok
	}
	var content []byte
	for inner := f.Value; len(inner) > 0; {
		one, after, was, ok := whole(inner, depth+1)
		if !ok {
			return nil, nil, false, false
		}
		content, inner, changed = append(content, one...), after, changed || was
	}
	if !changed {
		return element, rest, false, true
	}
	return lds.Append(nil, f.Tag, content), rest, true, true
}

// stringBit is the bit that marks an octet string in pieces.
func stringBit(tag byte) byte {
	if tag == 0x24 {
		return 0x20
	}
	return 0
}

// pieces joins the elements of in, up to the end marker if there is one; of an
// octet string it joins the values alone.
func pieces(in []byte, tag byte, depth int, marked bool) (content, rest []byte, ok bool) {
	for {
		switch {
		case marked && len(in) >= 2 && in[0] == 0 && in[1] == 0:
			return content, in[2:], true
		case len(in) == 0:
			return content, nil, !marked
		}
		one, after, _, ok := whole(in, depth+1)
		if !ok {
			return nil, nil, false
		}
		if tag == 0x24 {
			f, _, err := lds.Next(one)
			if err != nil || f.Tag != 0x04 {
				return nil, nil, false
			}
			one = f.Value
		}
		content, in = append(content, one...), after
	}
}
