package typing_test

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// The rimes of Vietnamese as schoolbooks list them, each written with sắc in
// the classic place by hand, so that the list knows nothing of our rule.
const (
	openRimes = `á é ế í ó ố ớ ú ứ ái áo áu áy ấu ấy éo ếu ía íu iếu ói ối ới úa úi uối ứa ứi ưới ứu
		ướu óa oái oáy oáo óe oéo uế uớ úy uýa uýu uấy`
	nasalRimes = `án ắn ấn én ến ín ón ốn ớn ún iến uốn ướn oán oắn oén uấn uyến uýn
		ám ắm ấm ém ếm ím óm ốm ớm úm iếm uốm ướm oám oắm oém
		áng ắng ấng éng óng ống úng ứng iếng uống ướng oáng oắng uấng oóng
		ánh ếnh ính oánh uếnh uýnh`
	stopRimes = `ác ắc ấc éc óc ốc úc ức iếc uốc ước oác oắc oóc ách ếch ích oách uếch uých
		át ắt ất ét ết ít ót ốt ớt út ứt iết uốt ướt oát oắt oét uất uýt uyết
		áp ắp ấp ép ếp íp óp ốp ớp úp iếp ướp oáp uýp`
	// Written with y where no consonant, or qu, stands before.
	quRimes  = `á ái áo áy án áng ánh ác ách át ắn ắng ắt ắc ấn ất ấy é én ét éo ế ến ết ếch ớ ốc ý yến yết ýnh ýt ých`
	yRimes   = `ý yến yếu yếm yết`
	giRimes  = `á ái áo áu áy án áng ánh ác át ắn ắng ắc ấu ấy ấm ấn ất ấc é éo ét ó ói óng ót ố ối ống ớ ới ớn úa úi úp ứ ứa ướng ếng ết`
	onsets   = `b c ch d đ g gh h k kh l m n ng ngh nh p ph r s t th tr v x`
	frontY   = `h k l m s t v`
	stopEnds = "ptc"
)

// syllables lists every syllable that the rules of spelling allow, whether or
// not a dictionary has it.
func syllables() []string {
	var all []string
	add := func(onset, rimes string) {
		for rime := range strings.FieldsSeq(rimes) {
			bare := norm.NFD.String(rime)
			bare = strings.Replace(bare, "\u0301", "TONE", 1)
			for _, tone := range []string{"", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"} {
				stop := strings.HasSuffix(bare, "ch") || strings.ContainsAny(bare[len(bare)-1:], stopEnds)
				if stop && tone != "\u0301" && tone != "\u0323" {
					continue
				}
				all = append(all, norm.NFC.String(onset+strings.Replace(bare, "TONE", tone, 1)))
			}
		}
	}
	for onset := range strings.FieldsSeq(onsets) {
		for rime := range strings.FieldsSeq(openRimes + " " + nasalRimes + " " + stopRimes) {
			front := strings.ContainsAny(norm.NFD.String(rime)[:1], "eiy")
			switch onset {
			case "k", "gh", "ngh":
				if !front {
					continue
				}
			case "c", "g", "ng":
				if front {
					continue
				}
			}
			if rime == "uớ" && onset != "h" && onset != "kh" && onset != "th" {
				continue // only huơ, khuơ, thuở; elsewhere uow is ươ
			}
			add(onset, rime)
		}
	}
	for onset := range strings.FieldsSeq(frontY) {
		add(onset, "ý")
	}
	for rime := range strings.FieldsSeq(openRimes + " " + nasalRimes + " " + stopRimes) {
		if !strings.HasPrefix(rime, "iế") { // written with y then
			add("", rime)
		}
	}
	add("", yRimes)
	add("qu", quRimes)
	add("gi", giRimes)
	add("g", "í ín")
	slices.Sort(all)
	return slices.Compact(all)
}
