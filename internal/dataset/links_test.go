package dataset

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestLinks: what each choice follows; loops and second ways to a folder end; nothing is left out
// without a word.
func TestLinks(t *testing.T) {
	top := write(t, t.TempDir(), map[string][]byte{
		"photos/own/a.png": gray8(1), "photos/store/b.png": gray8(2), "disk/c.png": gray8(3),
		"disk/deep/d.png": gray8(4), "other/e.png": gray8(5),
	})
	for link, to := range map[string]string{
		"photos/alias": "store", "photos/holiday": "../disk", "photos/loop": "own/..",
		"photos/own/up": "../..", "disk/deep/back": "..", "photos/own/e.png": "../../other/e.png",
		"photos/abs": filepath.Join(top, "disk/deep"),
	} {
		if err := os.Symlink(to, filepath.Join(top, link)); err != nil {
			t.Fatal(err)
		}
	}
	own := []string{"own/a.png", "store/b.png"}
	cases := []struct {
		links Links
		want  []string
		bad   int
		told  string
	}{
		{LinksInside, own, 1, "left out 3 links out of the data folder (data.links), and 2 links to"},
		{
			LinksFolders, []string{
				"own/a.png", "store/b.png", "abs/d.png", "holiday/c.png", "own/up/other/e.png",
			}, 1, "read already",
		},
		{
			LinksAll, []string{
				"own/a.png", "own/e.png", "store/b.png", "abs/d.png", "holiday/c.png",
				"own/up/other/e.png",
			}, 0, "read already",
		},
	}
	for _, c := range cases {
		config := configFor(t, filepath.Join(top, "photos"))
		config.Format, config.Links, config.OnError, config.BadBudget = ImageFiles, c.links, Skip, 1
		data := mustOpen(t, config)
		told := strings.Join(data.Report.Warnings, "\n")
		if got := names(data.Train); !slices.Equal(got, c.want) || len(data.Report.Bad) != c.bad ||
			!strings.Contains(told, c.told) {
			t.Errorf("%s: %q, bad %v, told %q", c.links, got, data.Report.Bad, told)
		}
		if _, err := Verify(context.Background(), config, nil); err != nil {
			t.Error(err)
		}
	}
}

// TestLinkedClasses: a class may lie on another disk.
func TestLinkedClasses(t *testing.T) {
	outside := write(t, t.TempDir(), map[string][]byte{"x/1.png": gray8(1), "2.png": gray8(2)})
	dir := smallFolder(t, 1)
	if err := os.Symlink(outside, filepath.Join(dir, "train", "elk")); err != nil {
		t.Fatal(err)
	}
	data := mustOpen(t, configFor(t, dir))
	if got := data.Train.Classes(); !slices.Equal(got, []string{"cat", "dog", "elk"}) ||
		data.Train.Len() != 4 {
		t.Errorf("%q, %q", got, names(data.Train))
	}
}

// TestLinksBesideClasses: a link that could be no class is counted, wherever it lies and leads; one
// to a folder that is not followed is refused, as a class would vanish.
func TestLinksBesideClasses(t *testing.T) {
	outside := write(t, t.TempDir(), map[string][]byte{"note": nil, "class/1.png": gray8(90)})
	for link, to := range map[string]struct{ target, told string }{
		"README":    {outside + "/note", "1 link out of the data folder"},
		"nowhere":   {"/nowhere/at/all", "1 link that cannot be followed"},
		"absent":    {"not/there", "1 link that cannot be followed"},
		"loop":      {"loop", "1 link that cannot be followed"},
		"elk":       {outside + "/class", ""},
		"there.txt": {"cat", ""},
	} {
		for _, dir := range []string{"train", "flat", "flat/deep"} {
			top := smallFolder(t, 2)
			write(t, top, grays("flat/1.png", "flat/deep/2.png"))
			if err := os.Symlink(to.target, filepath.Join(top, dir, link)); err != nil {
				t.Fatal(err)
			}
			c := configFor(t, top)
			if dir != "train" {
				c.Path = filepath.Join(top, "flat")
			}
			report, err := Verify(t.Context(), c, nil)
			if told := strings.Join(report.Notes, "\n"); err != nil || !strings.Contains(told, to.told) {
				t.Errorf("%s in %s: %v, told %q", link, dir, err, told)
			}
			if mustOpen(t, c).Train.Len() < 2 {
				t.Errorf("%s in %s: images are missing", link, dir)
			}
		}
	}
	dir := smallFolder(t, 1)
	if err := os.Symlink(outside+"/class", filepath.Join(dir, "train", "elk")); err != nil {
		t.Fatal(err)
	}
	c := configFor(t, dir)
	c.Links = LinksInside
	_, err := Open(t.Context(), c, 1, nil)
	wantFault(t, err, "elk", "set data.links to folders")
}

// TestLinksOfSetsThatGoNowhere: a list of labels or a split that is a link is not passed over in
// silence where it cannot be followed.
func TestLinksOfSetsThatGoNowhere(t *testing.T) {
	outside := write(t, t.TempDir(), map[string][]byte{"list": []byte("path,label\na.png,x\nb.png,y\n")})
	for link, to := range map[string]struct{ target, told string }{
		"labels.csv": {outside + "/list", "set data.links to all"},
		"wnids.txt":  {"/nowhere/at/all", "cannot be followed: no such file"},
		"training":   {"/nowhere/at/all", "remove it, or bring back what it leads to"},
	} {
		dir := write(t, t.TempDir(), grays("a.png", "b.png"))
		if link == "wnids.txt" {
			write(t, dir, grays("train/n01/a.png"))
		}
		if err := os.Symlink(to.target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), configFor(t, dir), 1, nil)
		wantFault(t, err, link, to.told)
	}
}
